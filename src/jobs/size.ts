import { jsonSize } from '../lib/json-size.ts';
import type { Json } from '../lib/json.ts';
import type { JobEvent } from './event.ts';
import type { Job } from './job.ts';

/*
 * About how many bytes jobs and events hold, for batches and queues that are bounded in bytes. The
 * parts that callers and actors can make large are counted. Everything else counts as one lump.
 */

const lump = 1_000;

export function sizeOfJob({ payload, input, result, error, errorDetails }: Job): number {
  // An input is JSON whose type tells more of it.
  const free = [payload, input as Json, result, error, errorDetails];
  return free.reduce<number>((size, value) => size + jsonSize(value), lump);
}

export function sizeOfEvent(event: JobEvent): number {
  // Messages are cut to maxMessageLength, so these events are short.
  const brief = event.type === 'heartbeat' || event.type === 'progress';
  return brief ? lump : lump + jsonSize(event as unknown as Json);
}
