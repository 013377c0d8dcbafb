import { callAfter } from './timer.ts';

/** The work did not end in time. It goes on; only nobody waits for it any more. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded';
}

/** @throws TimeLimitExceeded if `work` has not settled after `ms` */
export function withTimeLimit<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopTimer = callAfter(ms, () =>
      reject(new TimeLimitExceeded(`no answer within ${Math.round(ms)} ms`)),
    );
    work.then(resolve, reject).finally(stopTimer);
  });
}
