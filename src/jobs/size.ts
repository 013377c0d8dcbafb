import { jsonSize } from '../lib/json-size.ts';
import type { Json } from '../lib/json.ts';
import type { JobEvent } from './event.ts';
import type { Job } from './job.ts';

/*
 * About how many bytes things hold, for whatever is bounded by that. What callers and actors may make
 * as large as they like is counted, the rest is a lump.
 */

const lump = 1_000;

export function sizeOfJob({ payload, input, result, error, errorDetails }: Job): number {
  // An input is JSON whose type tells more of it.
  const free = [payload, input as Json, result, error, errorDetails];
  return free.reduce<number>((size, value) => size + jsonSize(value), lump);
}

export function sizeOfEvent(event: JobEvent): number {
  // What is said in between is short: see maxMessageLength. All events are JSON.
  const brief = event.type === 'heartbeat' || event.type === 'progress';
  return brief ? lump : lump + jsonSize(event as unknown as Json);
}
