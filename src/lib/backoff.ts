import { onAbort } from './on-abort.ts';
import { callAfter } from './timer.ts';

export interface BackoffOptions {
  /** Longest first pause. */
  readonly firstMs: number;
  /** Longest pause of all. */
  readonly capMs: number;
}

/**
 * How long to wait before trying again: the limit doubles with every attempt up to `capMs`, and the
 * pause is a random half-to-whole of it, so that many waiters do not come back at the same instant.
 *
 * @param attempt how many tries failed so far, at least 1
 */
export function backoffMs(attempt: number, { firstMs, capMs }: BackoffOptions): number {
  const limit = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return limit / 2 + (Math.random() * limit) / 2;
}

/** Resolves after a time, or at once when the signal aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      stopTimer();
      stopListening();
      resolve();
    };
    const stopTimer = callAfter(ms, done);
    const stopListening = onAbort(signal, done);
  });
}
