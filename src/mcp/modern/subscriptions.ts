import { assertRight } from '../../access/not-allowed.ts';
import { openStream, type ClientStream } from '../../calls/client.ts';
import { isFinal } from '../../jobs/job.ts';
import { Gate } from '../../lib/gate.ts';
import type { Log } from '../../lib/log.ts';
import { aborted } from '../../lib/on-abort.ts';
import { failedReply, notAcceptable, thrownReply } from '../rpc/failure.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import { subscriptionIdKey } from '../rpc/meta-keys.ts';
import type { Listener, ReadyReply, Reply } from '../rpc/reply.ts';
import type { ModernResults } from './results.ts';
import type { ModernCaller } from './request.ts';
import type { SubscriptionFilter } from './subscription-filter.ts';
import { modernTask } from './task.ts';

export interface SubscriptionsParts {
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
  readonly caller: ModernCaller;
  /** The tasks that were found; null: none were asked for. */
  readonly taskIds: readonly string[] | null;
  readonly stream: ClientStream;
}

type Send = (method: string, params: object) => Promise<void>;

/** How far a client knows a task. */
interface TaskPosition {
  readonly seq: number;
  readonly isFinal: boolean;
}

/** Most tasks that one subscription follows; the acknowledgement says which. */
const maxTasks = 1_000;

/** Most whole jobs that one subscription holds at a time. It follows each by its id and seq alone. */
const maxHeld = 4;

/**
 * `subscriptions/listen` (MCP 2026-07-28, subscriptions; Tasks extension, "Task Status
 * Notifications"): a stream of what the client asked to hear of, until it closes it.
 */
export class Subscriptions {
  readonly #parts: SubscriptionsParts;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
  }

  /** @throws NotAllowed, LimitReached, StoreUnavailable or Overloaded */
  async open(id: RequestId, filter: SubscriptionFilter, caller: ModernCaller): Promise<Reply> {
    assertRight(caller.client.caller, 'read');
    const taskIds = filter.taskIds === null ? null : await this.#find(filter.taskIds, caller);
    const stream = openStream(caller.client);
    return {
      kind: 'pending',
      primingEventId: null,
      settle: (listener) => this.#run({ id, filter, caller, taskIds, stream }, listener),
    };
  }

  /** Those of the ids that tasks have. */
  async #find(taskIds: readonly string[], { client: { jobs } }: ModernCaller): Promise<string[]> {
    const wanted = [...new Set(taskIds)].slice(0, maxTasks);
    const gate = new Gate(maxHeld);
    const isThere = await Promise.all(
      wanted.map((taskId) => gate.run(async () => (await jobs.get(taskId)) !== null)),
    );
    return wanted.filter((_, i) => isThere[i]);
  }

  async #run(subscription: Subscription, { notify, signal }: Listener): Promise<ReadyReply> {
    const { results, closing, log } = this.#parts;
    const { id, filter, taskIds, stream } = subscription;
    if (notify === null) {
      stream.close();
      return failedReply(id, notAcceptable);
    }
    const _meta = { [subscriptionIdKey]: id };
    const send: Send = (method, params) =>
      notify({ jsonrpc: '2.0', method, params: { ...params, _meta } }, null);

    const failed = new AbortController();
    const end = AbortSignal.any([closing, signal, stream.expired, failed.signal]);
    const notifications = honoured(subscription);
    const acknowledged = send('notifications/subscriptions/acknowledged', { notifications });
    // The acknowledgement is on its way, if perhaps not taken yet. All else comes after it, and from
    // here on no change of the tools is missed.
    const unsubscribe = filter.toolsListChanged ? this.#followTools(send) : null;
    try {
      await acknowledged;
      const follower = new TaskFollower(this.#parts, subscription, send);
      const following = (taskIds ?? []).map((taskId) => follower.follow(taskId, end));
      await Promise.all([aborted(end), ...following]);
      return results.complete(id, { _meta });
    } catch (error) {
      // The client subscribes again, and is then told what it missed.
      return thrownReply(id, error, log);
    } finally {
      failed.abort();
      unsubscribe?.();
      stream.close();
    }
  }

  #followTools(send: Send): () => void {
    return this.#parts.toolsChanged(() => void send('notifications/tools/list_changed', {}));
  }
}

/** Tells one client of the tasks that it subscribed to. */
class TaskFollower {
  readonly #parts: SubscriptionsParts;
  readonly #caller: ModernCaller;
  readonly #send: Send;
  readonly #gate = new Gate(maxHeld);

  constructor(parts: SubscriptionsParts, { caller }: Subscription, send: Send) {
    this.#parts = parts;
    this.#caller = caller;
    this.#send = send;
  }

  /** Tells how a task stands, so that nothing is missed that happened before, and then every change. */
  async follow(taskId: string, end: AbortSignal): Promise<void> {
    const told = await this.#tell(taskId);
    if (told === null || told.isFinal) return;
    if (await this.#followUnfinished(taskId, told, end)) await this.#tell(taskId);
  }

  /** @returns whether the task is finished, of which the client is not told yet */
  async #followUnfinished(taskId: string, begin: TaskPosition, end: AbortSignal): Promise<boolean> {
    let told: TaskPosition | null = begin;
    const updates = this.#caller.client.jobs.watch(taskId, { after: begin.seq, signal: end });
    for await (const batch of updates) {
      const last = batch.at(-1);
      // A final update carries the result. While the client reads slowly, nobody must hold it.
      if (last !== undefined && isFinal(last.status)) return true;
      // What was read for an earlier update may have been newer than it.
      if (last !== undefined && last.seq > told.seq) told = await this.#tell(taskId);
      if (told === null || told.isFinal) return false;
    }
    return false;
  }

  /** Reads a task and sends it, when it is its turn. Null: it is not kept any more. */
  #tell(taskId: string): Promise<TaskPosition | null> {
    return this.#gate.run(async () => {
      const { retentionSeconds } = this.#parts;
      const { client, capabilities } = this.#caller;
      const job = await client.jobs.get(taskId);
      if (job === null) return null;
      const task = modernTask(job, retentionSeconds, capabilities);
      await this.#send('notifications/tasks', task);
      return { seq: job.seq, isFinal: isFinal(job.status) };
    });
  }
}

/** The part of the filter that is heeded. What the gateway does not have is left out. */
function honoured({ filter, taskIds }: Subscription): object {
  return {
    ...(filter.toolsListChanged && { toolsListChanged: true }),
    ...(taskIds !== null && { taskIds }),
  };
}
