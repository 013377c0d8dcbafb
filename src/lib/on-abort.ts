/** What is to be called when a signal aborts. */
const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when a signal aborts; at once if it is aborted already.
 *
 * The signal gets one listener, however many callbacks there are. With a listener for each, thousands
 * of streams that wait for one signal would take seconds to begin and to end: an `AbortSignal` walks
 * through all its listeners to add or to remove one.
 *
 * @returns takes the callback back
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const waiting = callbacks.get(signal) ?? watch(signal);
  // A callback that is given twice is called twice.
  const call = (): void => callback();
  waiting.add(call);
  return () => void waiting.delete(call);
}

/** Resolves once a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, resolve);
  });
}

function watch(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  callbacks.set(signal, waiting);
  signal.addEventListener(
    'abort',
    () => {
      for (const call of waiting) call();
      waiting.clear();
    },
    { once: true },
  );
  return waiting;
}
