import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, pause } from './backoff.ts';

describe('backoffMs', () => {
  it('doubles its limit up to the cap, and stays within half to whole of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (attempt) => {
        const ms = backoffMs(attempt, { firstMs: 100, capMs: 3_000 });
        const limit = Math.min(3_000, 100 * 2 ** (attempt - 1));
        expect(ms).toBeGreaterThanOrEqual(limit / 2);
        expect(ms).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe('pause', () => {
  it('ends when the signal aborts', async () => {
    const controller = new AbortController();
    const paused = pause(3_600_000, controller.signal);
    controller.abort();
    await expect(paused).resolves.toBeUndefined();
  });

  it('does not begin if the signal has aborted', async () => {
    await expect(pause(3_600_000, AbortSignal.abort())).resolves.toBeUndefined();
  });
});
