import { isDeepStrictEqual } from 'node:util';
import type { Fields, YamlNode } from '../yaml/yaml-node.ts';
import { readRetry } from './retry.ts';
import { inputCapabilities, type Tool, type ToolRetry } from './tool.ts';

/** What a tool may set for itself and `defaults` for all. */
export type ToolOptions = Pick<
  Tool,
  | 'progress'
  | 'timeoutSeconds'
  | 'mode'
  | 'waitSeconds'
  | 'heartbeatTimeoutSeconds'
  | 'inputTimeoutSeconds'
  | 'taskSupport'
  | 'asksFirst'
  | 'retry'
  | 'clientCapabilities'
  | 'metadata'
>;

export const optionKeys = [
  'progress',
  'timeout',
  'mode',
  'wait_seconds',
  'heartbeat_timeout',
  'input_timeout',
  'task_support',
  'asks_first',
  'retry',
  'client_capabilities',
  'metadata',
] as const;

type OptionKey = (typeof optionKeys)[number];

export const builtInOptions: ToolOptions = {
  progress: false,
  timeoutSeconds: 300,
  mode: 'hybrid',
  waitSeconds: 25,
  heartbeatTimeoutSeconds: 0,
  inputTimeoutSeconds: 0,
  taskSupport: 'optional',
  asksFirst: false,
  retry: null,
  clientCapabilities: [],
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
    inputTimeoutSeconds:
      fields.get('input_timeout')?.integer(0, maxSeconds) ?? fallback.inputTimeoutSeconds,
    taskSupport:
      fields.get('task_support')?.oneOf(['optional', 'required', 'forbidden']) ??
      fallback.taskSupport,
    asksFirst: fields.get('asks_first')?.boolean() ?? fallback.asksFirst,
    retry: retryOf(fields.get('retry'), fallback),
    clientCapabilities:
      fields
        .get('client_capabilities')
        ?.items()
        .map((item) => item.oneOf(inputCapabilities))
        .filter((name) => name !== undefined) ?? fallback.clientCapabilities,
    metadata: fields.get('metadata')?.object() ?? fallback.metadata,
  };
}

/** `retry: null` switches off what the defaults say. */
function retryOf(setting: YamlNode | undefined, { retry }: ToolOptions): ToolRetry | null {
  if (setting === undefined) return retry;
  return setting.value === null ? null : (readRetry(setting) ?? null);
}

/** Joins the `defaults` of several files, which may repeat but not contradict each other. */
export function mergeDefaults(sections: readonly YamlNode[]): Fields<OptionKey> {
  const merged = new Map<OptionKey, YamlNode>();
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
