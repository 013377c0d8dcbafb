import { isJobId } from '../../jobs/job.ts';
import { isJsonObject, type Json } from '../../lib/json.ts';

/** What a client wants to hear of (MCP 2026-07-28, schema, "SubscriptionFilter"; Tasks extension). */
export interface SubscriptionFilter {
  readonly toolsListChanged: boolean;
  /** Those of the given ids that a task can have; null: the client gave none. */
  readonly taskIds: readonly string[] | null;
}

export type ReadFilter =
  | { readonly ok: true; readonly filter: SubscriptionFilter }
  | { readonly ok: false; readonly fault: string };

/** Reads `params.notifications`. Kinds that the gateway does not have are passed over. */
export function readFilter(given: Json | undefined): ReadFilter {
  if (!isJsonObject(given)) return refused('params.notifications must be an object');
  const { toolsListChanged = false, taskIds = null } = given;
  if (typeof toolsListChanged !== 'boolean') {
    return refused('params.notifications.toolsListChanged must be a boolean');
  }
  if (taskIds === null) return { ok: true, filter: { toolsListChanged, taskIds } };
  if (!Array.isArray(taskIds) || !taskIds.every((taskId) => typeof taskId === 'string')) {
    return refused('params.notifications.taskIds must be a list of strings');
  }
  return { ok: true, filter: { toolsListChanged, taskIds: taskIds.filter(isJobId) } };
}

function refused(fault: string): ReadFilter {
  return { ok: false, fault };
}
