import type { ActorReport } from '../jobs/engine/actor-reports.ts';
import type { Failed } from '../jobs/event.ts';
import type { JsonObject } from '../lib/json.ts';
import { skimJson } from '../lib/json-skim.ts';
import { attemptOf } from './attempt.ts';
import { jobIdOf } from './job-id.ts';
import { failure } from './report.ts';

/*
 * What becomes of a job whose outcome was reported and cannot be taken: it is too large, nests too
 * deeply, is not JSON, or a member of it is not what it must be. Its actor is done and reports nothing else, so the job would wait for its
 * deadline, and end with a reason that is not true. It fails at once instead.
 */

/** What stands around the result in a report: the job's id, the status, a route. In bytes. */
const maxSurroundings = 65_536;

/** The largest body, in bytes, that can hold a result of `maxResultBytes`. */
export function largestBody(maxResultBytes: number): number {
  return maxResultBytes + maxSurroundings;
}

/**
 * Why a body with an outcome is too large; null: it is not.
 *
 * @param maxResultBytes most bytes of the result, or any other member, as it is written
 */
export function sizeFault(body: Uint8Array, maxResultBytes: number): string | null {
  if (body.length <= maxResultBytes) return null;
  if (body.length > largestBody(maxResultBytes)) return tooLarge(body.length, maxResultBytes);
  const members = [...(skimJson(body)?.long.values() ?? [])];
  const longest = Math.max(0, ...members.map(({ length }) => length));
  return longest > maxResultBytes ? tooLarge(longest, maxResultBytes) : null;
}

/** @param bytes null: they were not counted to the end */
export function tooLarge(bytes: number | null, maxResultBytes: number): string {
  const size = bytes === null ? 'too large' : `too large, ${bytes} bytes`;
  return `what its actor reported is ${size}: ASYA_MAX_RESULT_BYTES allows ${maxResultBytes}`;
}

/** An actor did its work, and its job fails all the same. */
export function resultRejected(fault: string): Failed {
  return { type: 'failed', reason: 'ResultRejected', error: fault, details: null };
}

/**
 * What a final whose body cannot be taken makes of its job: a success is rejected, and a failure stays
 * one, without the details.
 *
 * @param members the short members of the body
 * @returns null if the body does not tell that the work ended
 */
export function rejectedFinal(members: JsonObject, fault: string): Failed | null {
  const { status, error = null } = members;
  if (status === 'succeeded') return { ...resultRejected(fault), ...attemptOf(members) };
  if (status !== 'failed') return null;
  return { ...failure(error, { message: fault }), ...attemptOf(members) };
}

/** What is made of a report that was read and cannot be stored. */
export function rejectedInstead(report: ActorReport, fault: string): ActorReport {
  const attempt = 'attempt' in report.event ? { attempt: report.event.attempt } : {};
  return { ...report, event: { ...resultRejected(fault), ...attempt } };
}

/**
 * The same for any message of the report queue.
 *
 * @returns null if it does not tell of an outcome, or not of which job
 */
export function rejectedReport(members: JsonObject, fault: string): ActorReport | null {
  const event = rejectedEvent(members, fault);
  const jobId = jobIdOf(members['job_id']);
  if (event === null || jobId === null) return null;
  const parentId = jobIdOf(members['parent_id']);
  if (parentId === null) return { jobId, event };
  return { jobId, event, child: { parentId, steps: [], orphan: 'create' } };
}

function rejectedEvent(members: JsonObject, fault: string): Failed | null {
  const { type, status, message = null } = members;
  switch (type) {
    case 'final':
      // Whatever its status is called, the work has ended.
      return rejectedFinal(members, fault) ?? resultRejected(fault);
    case 'input_required':
      return { ...resultRejected(fault), ...attemptOf(members) };
    case 'heartbeat':
      if (status !== 'error') return null;
      return { ...failure(message, { message: fault }), ...attemptOf(members) };
    default:
      return null;
  }
}
