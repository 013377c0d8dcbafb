import { waitForUpdate } from '../../calls/job-wait.ts';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { isFinal, type Job, type JobUpdate } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { storableText } from '../../lib/storable.ts';
import type { Tool, ToolBox } from '../../tools/tool.ts';
import { answerable, canBeAsked } from '../calls/client-capabilities.ts';
import { PatienceClock } from '../calls/patience.ts';
import { requestCancelled } from '../calls/request-cancellation.ts';
import { isRequestId } from '../rpc/json-rpc.ts';
import type { Session, Sessions } from './session.ts';

export interface CancelParts {
  readonly sessions: Sessions;
  readonly jobs: ClientJobs;
  readonly tools: () => ToolBox;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the job's error says, for people. */
const message = 'request cancelled by the MCP client';

/** Characters of a client's reason that are kept. */
const maxReason = 1_000;

/**
 * Takes a `notifications/cancelled` (MCP 2025-11-25, cancellation): the job of the request is
 * cancelled. One that names no request under way is ignored, as the specification asks.
 *
 * @throws StoreUnavailable or Overloaded
 */
export async function cancelRequest(
  session: Session,
  { requestId, reason }: Partial<JsonObject>,
  parts: CancelParts,
): Promise<void> {
  const { sessions, jobs, tools, log } = parts;
  if (!isRequestId(requestId)) return;
  const job = await jobs.get(sessions.jobIdOf(session, requestId));
  if (job === null || isFinal(job.status)) return;
  const tool = job.tool === null ? null : tools().find(job.tool);
  if (tool?.mode === 'hybrid' && (await gotHandle(job, tool, session, parts))) return;
  const text = typeof reason === 'string' ? reason.slice(0, maxReason) : null;
  const error = text === null ? message : `${message}: ${storableText(text)}`;
  log.info({ jobId: job.id, reason: text }, 'MCP request cancelled');
  await jobs.cancel(job.id, error, requestCancelled);
}

/**
 * Was the job's handle the reply to its request? Then the request is over, and whoever has the handle
 * follows the job by that. Nothing is kept of requests, so the job's history has to tell: the handle
 * was sent at the end of the patience, which stands still while the client has a question, or with the
 * first question that the client could not be asked.
 */
async function gotHandle(
  job: Job,
  { waitSeconds }: Tool,
  { capabilities }: Session,
  { jobs, clock }: CancelParts,
): Promise<boolean> {
  const couldAsk = ({ seq }: JobUpdate): boolean =>
    // Of earlier questions only the time is known.
    seq === job.seq
      ? Object.keys(answerable(job.input?.requests ?? {}, capabilities)).length > 0
      : canBeAsked(capabilities);
  const timer = new PatienceClock(job.createdAt + waitSeconds * 1_000);
  let wasUnable = false;
  await waitForUpdate(jobs, job.id, {
    timeoutMs: Infinity,
    stopOn: [],
    onUpdate: async (update) => {
      timer.see(update);
      if (update.status === 'InputRequired' && !couldAsk(update)) wasUnable = true;
    },
    until: ({ seq }) => seq >= job.seq,
  });
  return wasUnable || timer.msLeft(clock()) === 0;
}
