import {
  decodeErrorEnd,
  decodeHappyEnd,
  rejectedErrorEnd,
  rejectedHappyEnd,
} from '../../wire/end-message.ts';
import type { ReportSource } from '../../wire/report-intake.ts';

const happyEnd = { decode: decodeHappyEnd, reject: rejectedHappyEnd };
const errorEnd = { decode: decodeErrorEnd, reject: rejectedErrorEnd };

/**
 * Where every route ends, one way or the other, for a deployment without end actors. First-generation
 * sidecars send to the plain names; second-generation ones too, but refuse to unless a queue with the
 * prefixed name exists.
 */
export const endQueues: readonly ReportSource[] = [
  { queue: 'happy-end', ...happyEnd },
  { queue: 'asya-happy-end', ...happyEnd },
  { queue: 'error-end', ...errorEnd },
  { queue: 'asya-error-end', ...errorEnd },
];
