import { isJobId } from '../../jobs/job.ts';
import type { RequestId } from '../rpc/json-rpc.ts';

/** A question of a job. */
export interface QuestionOfJob {
  readonly jobId: string;
  /** Of one of the job's input requests. */
  readonly key: string;
}

const format = /^input\.([^.]+)\.([\w.:@-]{1,128})$/;

/**
 * The id of a request of ours. It holds all that a replica needs to take the client's response. It is
 * not signed, as event ids are not: with the job's id anybody may answer.
 */
export function questionId(jobId: string, key: string): string {
  return `input.${jobId}.${key}`;
}

/** Null: the id is not one of ours. */
export function readQuestionId(id: RequestId | null): QuestionOfJob | null {
  const [, jobId, key = ''] = typeof id === 'string' ? (format.exec(id) ?? []) : [];
  return isJobId(jobId) ? { jobId, key } : null;
}
