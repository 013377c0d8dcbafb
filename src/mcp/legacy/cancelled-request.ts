import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { isFinal, type Job } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { storableText } from '../../lib/storable.ts';
import type { ToolBox } from '../../tools/tool.ts';
import { isRequestId } from '../rpc/json-rpc.ts';
import { requestCancelled } from '../calls/request-cancellation.ts';
import type { Session, Sessions } from './session.ts';

export interface CancelParts {
  readonly sessions: Sessions;
  readonly jobs: ClientJobs;
  readonly tools: () => ToolBox;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the job's error begins. */
const mark = 'request cancelled by the MCP client';

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
  { sessions, jobs, tools, clock, log }: CancelParts,
): Promise<void> {
  if (!isRequestId(requestId)) return;
  const job = await jobs.get(sessions.jobIdOf(session, requestId));
  if (job === null || isFinal(job.status) || isAnswered(job, tools(), clock())) return;
  const text = typeof reason === 'string' ? reason.slice(0, maxReason) : null;
  const error = text === null ? mark : `${mark}: ${storableText(text)}`;
  log.info({ jobId: job.id, reason: text }, 'MCP request cancelled');
  await jobs.cancel(job.id, 'CancelledByClient', error, requestCancelled);
}

/** Whoever has the handle follows the job by it; its request is over. */
function isAnswered({ tool: name, createdAt }: Job, tools: ToolBox, now: number): boolean {
  const tool = name === null ? null : tools.find(name);
  return tool?.mode === 'hybrid' && now >= createdAt + tool.waitSeconds * 1_000;
}
