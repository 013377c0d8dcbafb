import { isDeepStrictEqual } from 'node:util';
import type { Fields, Setting } from './setting.ts';
import type { Tool } from './tool.ts';

/** What a tool may set for itself and `defaults` for all. */
export type ToolOptions = Pick<
  Tool,
  | 'progress'
  | 'timeoutSeconds'
  | 'mode'
  | 'waitSeconds'
  | 'heartbeatTimeoutSeconds'
  | 'taskSupport'
  | 'metadata'
>;

export const optionKeys = [
  'progress',
  'timeout',
  'mode',
  'wait_seconds',
  'heartbeat_timeout',
  'task_support',
  'metadata',
] as const;

type OptionKey = (typeof optionKeys)[number];

export const builtInOptions: ToolOptions = {
  progress: false,
  timeoutSeconds: 300,
  mode: 'hybrid',
  waitSeconds: 25,
  heartbeatTimeoutSeconds: 0,
  taskSupport: 'optional',
  metadata: null,
};

/** RabbitMQ takes no message whose expiration, in milliseconds, needs more than 32 bits. */
const maxSeconds = 4_294_967;

/** Longer than any client waits for one answer. */
const maxWaitSeconds = 3_600;

/** Options that are not set fall back whole: `metadata` is replaced, not merged. */
export function readOptions(fields: Fields<OptionKey>, fallback: ToolOptions): ToolOptions {
  return {
    progress: fields.get('progress')?.boolean() ?? fallback.progress,
    timeoutSeconds: fields.get('timeout')?.integer(0, maxSeconds) ?? fallback.timeoutSeconds,
    mode: fields.get('mode')?.oneOf(['hybrid', 'handle', 'wait']) ?? fallback.mode,
    waitSeconds: fields.get('wait_seconds')?.integer(0, maxWaitSeconds) ?? fallback.waitSeconds,
    heartbeatTimeoutSeconds:
      fields.get('heartbeat_timeout')?.integer(0, maxSeconds) ?? fallback.heartbeatTimeoutSeconds,
    taskSupport:
      fields.get('task_support')?.oneOf(['optional', 'required', 'forbidden']) ??
      fallback.taskSupport,
    metadata: fields.get('metadata')?.object() ?? fallback.metadata,
  };
}

/** Joins the `defaults` of several files, which may repeat but not contradict each other. */
export function mergeDefaults(sections: readonly Setting[]): Fields<OptionKey> {
  const merged = new Map<OptionKey, Setting>();
  for (const section of sections) {
    const fields = section.fields(optionKeys);
    for (const key of optionKeys) {
      const setting = fields?.get(key);
      const first = merged.get(key);
      if (setting === undefined) continue;
      if (first === undefined) merged.set(key, setting);
      else if (!isDeepStrictEqual(first.value, setting.value)) {
        setting.fault(`must be ${JSON.stringify(first.value)}, as it is at ${first.place}`);
      }
    }
  }
  return merged;
}
