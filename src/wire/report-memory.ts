import { ByteBudget } from '../lib/byte-budget.ts';
import { largestBody } from './rejected-report.ts';

/** Room for small reports beside one that is as large as may be, in bytes. */
const besideLarge = 8 * 1_048_576;

/**
 * The bound on reports that were decoded and are not committed yet, for all ways by which they come. A
 * report of 16 MiB is in memory some eight times over until PostgreSQL has it.
 */
export function reportMemory(maxResultBytes: number): ByteBudget {
  return new ByteBudget({
    maxBytes: largestBody(maxResultBytes) + besideLarge,
    // Whoever waits is bounded: by the prefetch, and by the requests that may be read.
    maxWaiting: Infinity,
  });
}
