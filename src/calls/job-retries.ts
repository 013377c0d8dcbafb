import { idOfRetry } from '../jobs/idempotency.ts';
import { isFinal, type Job } from '../jobs/job.ts';
import type { ToolBox } from '../tools/tool.ts';
import { isKnown, limitsOn, type Client } from './client.ts';
import { assertMayCall } from './tool-calls.ts';
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

/**
 * Repeats finished jobs. A finished job never changes, so a retry is a new job that names the old one.
 * It runs the tool as it is now.
 */
export class JobRetries {
  readonly #tools: () => ToolBox;

  /** @param tools those on offer at the moment */
  constructor(tools: () => ToolBox) {
    this.#tools = tools;
  }

  /**
   * @param given other arguments than those of the job. Default: the same
   * @throws NotAllowed, LimitReached, BrokerUnavailable, StoreUnavailable, Overloaded
   */
  async retry(client: Client, id: string, given?: unknown): Promise<RetryOutcome> {
    const { jobs, caller } = client;
    const job = await jobs.get(id);
    if (job === null) return { kind: 'unknown' };
    if (!isFinal(job.status)) return { kind: 'unfinished', job };
    const tool = job.tool === null ? null : this.#tools().find(job.tool);
    if (tool === null || !isKnown(tool, client)) return { kind: 'not-callable', job };
    assertMayCall(client, tool);
    const limits = limitsOn(client);
    limits?.takeCall();
    const checked = checkedPayload(tool, given === undefined ? job.payload : given);
    if (!checked.ok) return { kind: 'invalid', faults: checked.faults };
    if (limits !== null) await limits.takeJob();
    const payload = checked.arguments;
    const { kind, job: made } = await jobs.submitOnce(idOfRetry(job, payload, caller.owner), {
      ...submissionOf(tool, payload, job.headers),
      retryOf: job.id,
    });
    return { kind: kind === 'created' ? 'created' : 'existing', job: made };
  }
}
