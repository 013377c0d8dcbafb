import type { ChildClaim } from '../jobs/child.ts';
import type { Failed, Succeeded } from '../jobs/event.ts';
import { jobIdPattern } from '../jobs/job.ts';
import { failure } from './report.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';

const idFormat = new RegExp(jobIdPattern);

/** A message of an end queue that does not say what it must; the message names the field. */
export class MalformedEnd extends Error {
  override readonly name = 'MalformedEnd';
}

/** The outcome of a job, or of a fan-out child that nobody may have registered. */
export interface End {
  readonly jobId: string;
  readonly event: Succeeded | Failed;
  readonly child: ChildClaim;
}

/**
 * Reads a message of `happy-end`: `{job_id, route, payload}` of the first generation or
 * `{id, route, payload, parent_id?}` of the second. The payload is the job's result.
 *
 * @throws MalformedEnd
 */
export function decodeHappyEnd(body: Json): End {
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
export function decodeErrorEnd(body: Json): End {
  const message = objectOf(body);
  const payload = message['payload'];
  const fault = 'error' in message || !isJsonObject(payload) ? message : payload;
  const { error = null } = fault;
  const details = fault['error_details'] ?? fault['details'] ?? null;
  // An error that is an object is its own details.
  const failed = isJsonObject(error) ? failure(null, details ?? error) : failure(error, details);
  return endOf(message, failed);
}

function endOf(message: JsonObject, event: Succeeded | Failed): End {
  const jobId = idOf(message['job_id'] ?? message['id']);
  if (jobId === null) {
    throw new MalformedEnd('job_id or id must be 1 to 128 letters, digits, - or _');
  }
  const route = message['route'];
  const { steps, actors } = isJsonObject(route) ? route : {};
  return {
    jobId,
    event,
    child: {
      parentId: idOf(message['parent_id']),
      steps: namesOf(steps ?? actors),
      orphan: 'refuse',
    },
  };
}

function objectOf(body: Json): JsonObject {
  if (!isJsonObject(body)) throw new MalformedEnd('the body must be an object');
  return body;
}

function idOf(id: Json | undefined): string | null {
  return typeof id === 'string' && idFormat.test(id) ? id : null;
}

function namesOf(names: Json | undefined): string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
