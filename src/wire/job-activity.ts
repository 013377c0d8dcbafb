import { isJsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';

/*
 * The reply to a report that asks whether work on its job is still of use. Over HTTP, `GET
 * /jobs/{id}/active` says the same.
 */

export interface JobActivity {
  readonly jobId: string;
  /** False: the job is finished, past its deadline, waiting for input, or unknown. */
  readonly active: boolean;
}

export function encodeJobActivity({ jobId, active }: JobActivity): string {
  return JSON.stringify({ job_id: jobId, active });
}

/** @throws JsonError, TypeError */
export function decodeJobActivity(text: string): JobActivity {
  const body = parseJson(text);
  const { job_id: jobId, active } = isJsonObject(body) ? body : {};
  if (typeof jobId !== 'string' || typeof active !== 'boolean') {
    throw new TypeError('job_id must be a string, and active a boolean');
  }
  return { jobId, active };
}
