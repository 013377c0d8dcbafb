import type { ClientJobs } from '../../jobs/client-jobs.ts';
import type { Job } from '../../jobs/job.ts';
import type { Log } from '../../lib/log.ts';
import { aborted } from '../../lib/on-abort.ts';
import type { Answer, Listener, ReadyAnswer } from '../rpc/reply.ts';
import type { ClientCapability } from '../calls/client-capabilities.ts';
import { failedAnswer, notAcceptable, thrownAnswer } from '../rpc/failure.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import { subscriptionIdKey } from '../rpc/meta-keys.ts';
import type { ModernResults } from './results.ts';
import { modernTask } from './task.ts';
import type { SubscriptionFilter } from './subscription-filter.ts';

export interface SubscriptionsParts {
  readonly jobs: ClientJobs;
  readonly results: ModernResults;
  /** Calls the listener whenever other tools are on offer, until the returned function is called. */
  readonly toolsChanged: (listener: () => void) => () => void;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
  /** Aborted when the gateway drains: subscriptions end. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** What one subscription is of. */
interface Subscription {
  readonly id: RequestId;
  readonly filter: SubscriptionFilter;
  readonly capabilities: readonly ClientCapability[];
  /** The tasks that were found; null: none were asked for. */
  readonly jobs: readonly Job[] | null;
}

type Send = (method: string, params: object) => Promise<void>;

/** Most tasks that one subscription follows; the acknowledgement says which. */
const maxTasks = 1_000;

/**
 * `subscriptions/listen` (MCP 2026-07-28, subscriptions; Tasks extension, "Task Status
 * Notifications"): a stream of what the client asked to hear of, until it closes it.
 */
export class Subscriptions {
  readonly #parts: SubscriptionsParts;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
  }

  /** @throws StoreUnavailable or Overloaded */
  async open(
    id: RequestId,
    filter: SubscriptionFilter,
    capabilities: readonly ClientCapability[],
  ): Promise<Answer> {
    const jobs = filter.taskIds === null ? null : await this.#find(filter.taskIds);
    return {
      kind: 'pending',
      primingEventId: null,
      settle: (listener) => this.#run({ id, filter, capabilities, jobs }, listener),
    };
  }

  async #find(taskIds: readonly string[]): Promise<Job[]> {
    const wanted = [...new Set(taskIds)].slice(0, maxTasks);
    const jobs = await Promise.all(wanted.map((taskId) => this.#parts.jobs.get(taskId)));
    return jobs.filter((job) => job !== null);
  }

  async #run(subscription: Subscription, { notify, signal }: Listener): Promise<ReadyAnswer> {
    const { results, retentionSeconds, closing, log } = this.#parts;
    const { id, filter, capabilities, jobs } = subscription;
    if (notify === null) return failedAnswer(id, notAcceptable);
    const _meta = { [subscriptionIdKey]: id };
    const send: Send = (method, params) =>
      notify({ jsonrpc: '2.0', method, params: { ...params, _meta } }, null);

    const failed = new AbortController();
    const end = AbortSignal.any([closing, signal, failed.signal]);
    const notifications = honoured(subscription);
    const acknowledged = send('notifications/subscriptions/acknowledged', { notifications });
    // It is written, if perhaps not yet taken: what follows comes after it, and no change is missed.
    const unsubscribe = filter.toolsListChanged ? this.#followTools(send) : null;
    try {
      await acknowledged;
      const tell = (job: Job): Promise<void> =>
        send('notifications/tasks', modernTask(job, retentionSeconds, capabilities));
      await Promise.all([aborted(end), ...(jobs ?? []).map((job) => this.#follow(job, end, tell))]);
      return results.complete(id, { _meta });
    } catch (error) {
      // What was missed meanwhile is told when the client subscribes again.
      return thrownAnswer(id, error, log);
    } finally {
      failed.abort();
      unsubscribe?.();
    }
  }

  #followTools(send: Send): () => void {
    return this.#parts.toolsChanged(() => void send('notifications/tools/list_changed', {}));
  }

  /** Tells how a task stands, so that nothing that came before is missed, and then every change. */
  async #follow(job: Job, end: AbortSignal, tell: (job: Job) => Promise<void>): Promise<void> {
    const { jobs } = this.#parts;
    await tell(job);
    let told = job.seq;
    for await (const updates of jobs.watch(job.id, { after: told, signal: end })) {
      // What was read for an earlier update may have been newer than it.
      if ((updates.at(-1)?.seq ?? 0) <= told) continue;
      const latest = await jobs.get(job.id);
      if (latest === null) return;
      told = latest.seq;
      await tell(latest);
    }
  }
}

/** The part of the filter that is heeded; what the gateway has not is left out. */
function honoured({ filter, jobs }: Subscription): object {
  return {
    ...(filter.toolsListChanged && { toolsListChanged: true }),
    ...(jobs !== null && { taskIds: jobs.map(({ id }) => id) }),
  };
}
