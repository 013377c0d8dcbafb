import type { Job } from '../../jobs/job.ts';
import type { Listener, ReadyAnswer } from '../rpc/reply.ts';
import type { RequestId } from '../rpc/json-rpc.ts';

/** How the questions of a job reach the client whose request waits for it. One for each request. */
export interface Questions {
  /**
   * Puts what a job asks for.
   *
   * @param eventId of the stream, by which a client resumes after the question
   */
  put(job: Job, request: AskedRequest, listener: Listener): Promise<Put>;
}

export interface AskedRequest {
  readonly id: RequestId;
  readonly eventId: string | null;
  /** Whether the request made the job; else it only waits for it. */
  readonly ownsJob: boolean;
}

/**
 * - asked: the client has the question, and takes its time
 * - answered: the job has the answers, and goes on
 * - nobody: this client cannot be asked
 * - response: the request is answered with this
 */
export type Put =
  | { readonly kind: 'asked' | 'answered' | 'nobody' }
  | { readonly kind: 'response'; readonly answer: ReadyAnswer };
