import { jsonSize } from '../lib/json-size.ts';
import type { JobEvent } from './event.ts';
import type { Job } from './job.ts';

/*
 * About how many bytes things hold, for whatever is bounded by that. What callers and actors may make
 * as large as they like is counted, the rest is a lump.
 */

const lump = 1_000;

export function sizeOfJob({ payload, result, error, errorDetails }: Job): number {
  return lump + jsonSize(payload) + jsonSize(result) + jsonSize(error) + jsonSize(errorDetails);
}

export function sizeOfEvent(event: JobEvent): number {
  if (event.type === 'succeeded') return lump + jsonSize(event.result);
  if (event.type === 'failed') return lump + jsonSize(event.error) + jsonSize(event.details);
  return lump;
}
