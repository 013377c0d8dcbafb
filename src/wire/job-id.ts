import { jobIdPattern } from '../jobs/job.ts';
import type { Json } from '../lib/json.ts';

const format = new RegExp(jobIdPattern);

/** Null: there is none, or it is not what a job's id looks like. */
export function jobIdOf(id: Json | undefined): string | null {
  return typeof id === 'string' && format.test(id) ? id : null;
}
