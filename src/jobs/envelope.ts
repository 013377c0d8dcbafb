import type { Json, JsonObject } from '../lib/json.ts';
import type { InputAnswers } from './job-input.ts';
import type { EpochMs, Job } from './job.ts';

/** What one message says: which job, where it is on its route, and the work itself. */
export interface Envelope {
  readonly jobId: string;
  /** The job this one was fanned out from; null: none. */
  readonly parentId: string | null;
  readonly steps: readonly string[];
  /** Index into `steps` of the step this message is for. */
  readonly current: number;
  readonly metadata: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Json;
  readonly deadline: EpochMs | null;
  /** What the step asked for when it ran before; empty: it asked for nothing. */
  readonly answers: InputAnswers;
}

/** The message that a job in the outbox is sent as: its first, or the one with the answers. */
export function envelopeOf(job: Job): Envelope {
  const { id: jobId, parentId, route, headers, deadline, input } = job;
  return {
    jobId,
    parentId,
    steps: input?.steps ?? route.steps,
    current: input?.stepIndex ?? route.current,
    metadata: metadataOf(job),
    headers,
    payload: input === null ? job.payload : input.payload,
    deadline,
    answers: input?.answers ?? {},
  };
}

/**
 * The route's metadata, which every generation of actors hands on unread. Of a job that may be tried
 * again it tells the attempt, so that the reports of an older attempt can be told from the present one's.
 */
function metadataOf({ input, route, retry, attempt }: Job): JsonObject {
  const metadata = input?.metadata ?? route.metadata;
  return retry === null ? metadata : { ...metadata, attempt };
}
