import { isJsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';

/*
 * What a gateway tells an actor that sent a report and waits for word on its job, as it does over HTTP:
 * whether work on the job is still of use.
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
