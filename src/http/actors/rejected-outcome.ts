import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ActorReports } from '../../jobs/engine/actor-reports.ts';
import type { ChildClaim } from '../../jobs/child.ts';
import type { Failed } from '../../jobs/event.ts';
import { isJsonObject, type Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { makeStorable } from '../../lib/storable.ts';
import { jobIdOf } from '../../wire/job-id.ts';
import { rejectedFinal, resultRejected, tooLarge } from '../../wire/rejected-report.ts';
import { problemOf } from '../fault.ts';
import { UnreadableOutcome } from './outcome-body.ts';
import { Problem } from '../problem.ts';

export interface RejectionParts {
  readonly reports: ActorReports;
  readonly maxResultBytes: number;
  readonly log: Log;
  /** What becomes of a job that nobody knows; null: it stays unknown. */
  readonly child: ChildClaim | null;
}

/** How long the rest of a body that is too large is read and thrown away. */
const discardMs = 20_000;

/**
 * Fails the job whose outcome is reported in this scope and cannot be taken. Sidecars acknowledge their
 * message whatever the response is, and report no second time: the job would wait for its deadline, and
 * end with a reason that is not true.
 */
export function failRejected(scope: FastifyInstance, parts: RejectionParts): void {
  const { reports, log, child } = parts;
  scope.setErrorHandler(async (error, request) => {
    const { id } = request.params as { id?: Json };
    const jobId = jobIdOf(id);
    const event = rejectionBy(error, request, parts);
    if (event === null || jobId === null) throw error;
    const outcome = await reports.take({ jobId, event, child });
    if (outcome.kind === 'applied') {
      log.error({ jobId, reason: event.error }, 'a job failed: its result is rejected');
    }
    await discardRest(request);
    const { status, code } = problemOf(error);
    throw status === 500 ? error : new Problem(status, code, `job ${jobId}: ${event.error}`);
  });
}

/** Null: the error says nothing of the outcome. */
function rejectionBy(
  error: unknown,
  request: FastifyRequest,
  { maxResultBytes }: RejectionParts,
): Failed | null {
  if (error instanceof UnreadableOutcome) {
    const members = makeStorable(error.skimmed?.members ?? {});
    const fault = `what its actor reported cannot be read: ${error.message}`;
    return isJsonObject(members) ? rejectedFinal(members, fault) : null;
  }
  const { status } = problemOf(error);
  if (status === 413) {
    if (error instanceof Problem) return resultRejected(error.message);
    const announced = request.headers['content-length'];
    const bytes = announced === undefined ? null : Number(announced);
    return resultRejected(tooLarge(bytes, maxResultBytes));
  }
  return status === 500 ? resultRejected('what its actor reported could not be stored') : null;
}

/** A sender that is still sending would find its connection reset instead of the response. */
async function discardRest({ raw }: FastifyRequest): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  await finished(raw, { signal: AbortSignal.timeout(discardMs) }).catch(() => {});
}
