import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { EpochMs } from './job.ts';

/** Bytes of an id that are asked of `random`. */
const bytesEach = 16;

/** Enough for 256 ids: asking the system for each one's costs more than all else about an id. */
const supply = new Uint8Array(256 * bytesEach);
let used = supply.length;

/** A UUIDv7 that no job has. */
export function freshId(now: EpochMs): string {
  return v7({ msecs: now, random: randomBytes() });
}

/** To be read at once: they are written over when all are used. */
function randomBytes(): Uint8Array {
  if (used === supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  return supply.subarray(used, (used += bytesEach));
}
