/* oxlint-disable no-restricted-globals -- the one place that knows the limit of Node.js's timers */

/**
 * The longest delay of a timer of Node.js, in milliseconds, about 24.8 days. It counts in 31 bits: a
 * timer that is given more fires after one millisecond (https://nodejs.org/api/timers.html).
 */
const maxDelayMs = 2 ** 31 - 1;

/** Stops a timer. May be called twice, and after the timer fired. */
export type StopTimer = () => void;

/** Calls `callback` once, after any time in milliseconds. Infinity means never. */
export function callAfter(ms: number, callback: () => void): StopTimer {
  let timer: NodeJS.Timeout;
  function arm(left: number): void {
    const delay = Math.min(left, maxDelayMs);
    timer = setTimeout(() => (left > delay ? arm(left - delay) : callback()), delay);
  }
  arm(ms);
  return () => clearTimeout(timer);
}

/** Calls `callback` again and again, with any time in milliseconds between. Infinity means never. */
export function callEvery(ms: number, callback: () => void): StopTimer {
  let stop: StopTimer;
  function arm(): void {
    stop = callAfter(ms, () => {
      // Before the callback, which may stop the timer.
      arm();
      callback();
    });
  }
  arm();
  return () => stop();
}
