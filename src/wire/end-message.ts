import { attemptOf } from './attempt.ts';
import type { ActorReport } from '../jobs/engine/actor-reports.ts';
import type { Failed, Succeeded } from '../jobs/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { skimJson, type Skimmed } from '../lib/json-skim.ts';
import { jobIdOf } from './job-id.ts';
import { resultRejected } from './rejected-report.ts';
import { failure } from './report.ts';

/** A message of an end queue that does not say what it must; the message names the field. */
export class MalformedEnd extends Error {
  override readonly name = 'MalformedEnd';
}

/**
 * Reads a message of `happy-end`: `{job_id, route, payload}` of the first generation or
 * `{id, route, payload, parent_id?}` of the second. The payload is the job's result.
 *
 * @throws MalformedEnd
 */
export function decodeHappyEnd(body: Json): ActorReport {
  const message = objectOf(body);
  return endOf(message, { type: 'succeeded', result: message['payload'] ?? null });
}

/**
 * Reads a message of `error-end`. First generation: `{job_id, error, original_message,
 * error_details?}`; second: `{id, route, payload: {error, details?, original_payload?},
 * parent_id?}`.
 *
 * @throws MalformedEnd
 */
export function decodeErrorEnd(body: Json): ActorReport {
  const message = objectOf(body);
  const { error, details } = toldBy(message);
  return endOf(message, failure(error, details));
}

/**
 * What a message of `happy-end` that cannot be read makes of its job.
 *
 * @returns null if it does not tell of which job
 */
export function rejectedHappyEnd({ members }: Skimmed, fault: string): ActorReport | null {
  return hasId(members) ? endOf(members, resultRejected(fault)) : null;
}

/** The same for `error-end`. The error is kept if it is short. */
export function rejectedErrorEnd({ members, long }: Skimmed, fault: string): ActorReport | null {
  if (!hasId(members)) return null;
  // Beside its error, the second generation's payload carries all that the step was given.
  const payload = skimJson(long.get('payload') ?? new Uint8Array())?.members;
  const { error, details } = toldBy({ ...members, ...(payload && { payload }) });
  return endOf(members, failure(error, details ?? { message: fault }));
}

/** An error that is an object is its own details. */
function toldBy(message: JsonObject): { readonly error: Json; readonly details: Json } {
  const { payload } = message;
  const inPayload = (message['error'] ?? null) === null && isJsonObject(payload);
  const place = inPayload ? payload : message;
  const { error = null } = place;
  const details = place['error_details'] ?? place['details'] ?? null;
  return isJsonObject(error) ? { error: null, details: details ?? error } : { error, details };
}

function endOf(message: JsonObject, event: Succeeded | Failed): ActorReport {
  const jobId = jobIdOf(message['job_id'] ?? message['id']);
  if (jobId === null) {
    throw new MalformedEnd('job_id or id must be 1 to 128 letters, digits, - or _');
  }
  const route = message['route'];
  const { steps, actors, metadata } = isJsonObject(route) ? route : {};
  return {
    jobId,
    event: event.type === 'failed' ? { ...event, ...attemptOf({ metadata }) } : event,
    child: {
      parentId: jobIdOf(message['parent_id']),
      steps: namesOf(steps ?? actors),
      orphan: 'refuse',
    },
  };
}

function hasId(message: JsonObject): boolean {
  return jobIdOf(message['job_id'] ?? message['id']) !== null;
}

function objectOf(body: Json): JsonObject {
  if (!isJsonObject(body)) throw new MalformedEnd('the body must be an object');
  return body;
}

function namesOf(names: Json | undefined): string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
