import type { CalledOffJob } from '../jobs/ports/broker.ts';
import { isJsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';

/** The body of the message that tells actors that a job was called off. */
export function encodeCalledOff({ jobId, reason }: CalledOffJob): string {
  return JSON.stringify({ job_id: jobId, reason });
}

/** @throws JsonError, TypeError */
export function decodeCalledOff(text: string): CalledOffJob {
  const body = parseJson(text);
  const { job_id: jobId, reason } = isJsonObject(body) ? body : {};
  if (typeof jobId !== 'string' || typeof reason !== 'string') {
    throw new TypeError('job_id and reason must be strings');
  }
  return { jobId, reason };
}
