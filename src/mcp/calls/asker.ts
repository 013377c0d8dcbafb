import type { Job } from '../../jobs/job.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import type { Listener, ReadyReply } from '../rpc/reply.ts';

/**
 * How a job's questions reach the client whose request waits for the job. Each request has an asker of
 * its own.
 */
export interface Asker {
  /** Puts to the client what the job asks for now. */
  ask(job: Job, request: AskingRequest, listener: Listener): Promise<AskOutcome>;
}

/** The request on whose behalf a client is asked. */
export interface AskingRequest {
  readonly id: RequestId;
  /** The event id of its stream by which the client resumes after the question; null: it has none. */
  readonly eventId: string | null;
  /** Whether the request made the job. Otherwise it only waits for it. */
  readonly ownsJob: boolean;
}

/**
 * - asked: the client has the question, and takes its time
 * - answered: the job has the answers, and goes on
 * - nobody: this client cannot be asked
 * - reply: the request is over with this
 */
export type AskOutcome =
  | { readonly kind: 'asked' | 'answered' | 'nobody' }
  | { readonly kind: 'reply'; readonly reply: ReadyReply };
