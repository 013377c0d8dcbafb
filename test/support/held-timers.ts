import { vi } from 'vitest';

/** Timers of this process that wait for a test. */
export interface HeldTimers extends Disposable {
  /** Lets so much time pass, and what follows from it happen. */
  pass(ms: number): Promise<void>;
}

/**
 * From here to the end of the scope, `setTimeout` goes by the test's time, which stands still until the
 * test lets it pass. Clocks and sockets go on as ever, so a limit can be reached however busy the
 * machine is, and before anything else happens.
 */
export function holdTimers(): HeldTimers {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return {
    async pass(ms) {
      await vi.advanceTimersByTimeAsync(ms);
    },
    [Symbol.dispose]: () => void vi.useRealTimers(),
  };
}

/** Has a promise settled by now? */
export function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  // Reactions to what has happened come before the next turn of the event loop.
  const turn = new Promise<boolean>((resolve) => {
    setImmediate(() => resolve(false));
  });
  return Promise.race([settled, turn]);
}
