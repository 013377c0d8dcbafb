import type { YamlNode } from '../yaml/yaml-node.ts';
import { retryable, type ToolRetry } from './tool.ts';

const keys = ['attempts', 'delay', 'max_delay', 'on'] as const;

/** More would hide that an actor is broken, and fill the job's history. */
const maxAttempts = 100;

/** A week. */
const maxDelay = 604_800;

/**
 * Reads a tool's `retry`. Without `on` only lost heartbeats are tried again: an actor that died is
 * likely to do better next time, and one that reported an error is not.
 */
export function readRetry(setting: YamlNode): ToolRetry | undefined {
  const fields = setting.fields(keys);
  if (fields === undefined) return undefined;
  const attempts = fields.get('attempts');
  if (attempts === undefined) setting.fault('has no attempts');
  const delay = fields.get('delay')?.integer(0, maxDelay) ?? 5;
  const maxDelaySeconds = fields.get('max_delay')?.integer(0, maxDelay) ?? Math.max(300, delay);
  if (maxDelaySeconds < delay) {
    fields.get('max_delay')?.fault(`must not be below delay, which is ${delay}`);
  }
  const on = fields
    .get('on')
    ?.items()
    .map((item) => item.oneOf(retryable));
  if (on?.length === 0 && Array.isArray(fields.get('on')?.value))
    fields.get('on')?.fault(`must name at least one of ${retryable.join(', ')}`);
  return {
    attempts: attempts?.integer(2, maxAttempts) ?? 2,
    delaySeconds: delay,
    maxDelaySeconds,
    on: on?.filter((reason) => reason !== undefined) ?? ['HeartbeatLost'],
  };
}
