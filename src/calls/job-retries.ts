import type { ClientJobs } from '../jobs/client-jobs.ts';
import { idOfRetry } from '../jobs/idempotency.ts';
import { isFinal, type Job } from '../jobs/job.ts';
import type { ToolBox } from '../tools/tool.ts';
import { checkedPayload, submissionOf } from './tool-submission.ts';

/**
 * What a retry came to:
 * - created, existing: the job that repeats the other one; it was there before if it was asked for twice
 * - unknown: there is no such job
 * - unfinished: the job is still to end
 * - not-callable: the job was not made by a tool that is on offer
 * - invalid: its arguments do not fit the tool, which may have changed
 */
export type RetryOutcome =
  | { readonly kind: 'created' | 'existing' | 'unfinished' | 'not-callable'; readonly job: Job }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] }
  | { readonly kind: 'unknown' };

interface JobRetriesParts {
  readonly jobs: ClientJobs;
  readonly tools: () => ToolBox;
}

/**
 * Repeats finished jobs. A finished job never changes, so a retry is a new job that names the old one.
 * It runs the tool as it is now.
 */
export class JobRetries {
  readonly #parts: JobRetriesParts;

  constructor(parts: JobRetriesParts) {
    this.#parts = parts;
  }

  /**
   * @param given other arguments than those of the job. Default: the same
   * @throws BrokerUnavailable, StoreUnavailable, Overloaded
   */
  async retry(id: string, given?: unknown): Promise<RetryOutcome> {
    const { jobs, tools } = this.#parts;
    const job = await jobs.get(id);
    if (job === null) return { kind: 'unknown' };
    if (!isFinal(job.status)) return { kind: 'unfinished', job };
    const tool = job.tool === null ? null : tools().find(job.tool);
    if (tool === null) return { kind: 'not-callable', job };
    const checked = checkedPayload(tool, given === undefined ? job.payload : given);
    if (!checked.ok) return { kind: 'invalid', faults: checked.faults };
    const payload = checked.arguments;
    const { kind, job: made } = await jobs.submitOnce(idOfRetry(job, payload), {
      ...submissionOf(tool, payload, job.headers),
      retryOf: job.id,
    });
    return { kind: kind === 'created' ? 'created' : 'existing', job: made };
  }
}
