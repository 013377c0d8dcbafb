import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { EpochMs } from './job.ts';

/** Random bytes that one id takes. */
const bytesEach = 16;

/** Random bytes for 256 ids. Asking the system for each id alone would cost more than all the rest of it. */
const supply = new Uint8Array(256 * bytesEach);
let used = supply.length;

/** A UUIDv7 that no job has. */
export function freshId(now: EpochMs): string {
  return v7({ msecs: now, random: randomBytes() });
}

/** The bytes have to be read at once, because they are written over when all are used. */
function randomBytes(): Uint8Array {
  if (used === supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  return supply.subarray(used, (used += bytesEach));
}
