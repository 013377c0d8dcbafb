import { onAbort } from './on-abort.ts';

/** Settles as the work does, or resolves with null once the signal aborts. The work goes on then. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) {
    work.catch(() => {});
    return Promise.resolve(null);
  }
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => resolve(null));
    work.then(resolve, reject).finally(stopListening);
  });
}
