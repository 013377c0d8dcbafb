import { expect, test } from 'vitest';
import { RateLimiter, type Rate } from './rate-limit.ts';

function limiter(rate: Rate | null = { callsPerSecond: 10, burst: 4 }) {
  const time = { now: 1_000_000 };
  return { time, limits: new RateLimiter({ rateOf: () => rate, clock: () => time.now }) };
}

test('lets a burst through, then as many as the rate says', () => {
  const { time, limits } = limiter();
  const taken = Array.from({ length: 6 }, () => limits.take('a'));
  expect(taken).toEqual([null, null, null, null, 100, 100]);
  time.now += 99;
  expect(limits.take('a')).toBe(1);
  time.now += 1;
  expect(limits.take('a')).toBeNull();
  expect(limits.take('b')).toBeNull();
});

test('takes several calls at once or none, and more than a burst when nothing was taken', () => {
  const { time, limits } = limiter();
  expect(limits.take('a', 3)).toBeNull();
  expect(limits.take('a', 2)).toBe(100);
  expect(limits.take('a')).toBeNull();
  time.now += 10_000;
  expect(limits.take('a', 100)).toBeNull();
  // They are paid for: the bucket is 96 calls in debt.
  expect(limits.take('a')).toBe(9_700);
});

test('limits nobody without a rate', () => {
  const { limits } = limiter(null);
  expect(Array.from({ length: 100 }, () => limits.take('a')).every((wait) => wait === null)).toBe(
    true,
  );
  expect(limits.collect().size).toBe(0);
});

test('two replicas that tell each other keep the rate together', () => {
  const time = { now: 0 };
  const clock = () => time.now;
  const rateOf = () => ({ callsPerSecond: 100, burst: 20 });
  const replicas = [new RateLimiter({ rateOf, clock }), new RateLimiter({ rateOf, clock })];
  let accepted = 0;
  for (let tick = 0; tick < 30_000; tick += 5) {
    time.now = tick;
    for (const replica of replicas) if (replica.take('a') === null) accepted++;
    if (tick % 250 !== 0) continue;
    const told = replicas.map((replica) => replica.collect());
    replicas[0]?.debit('a', told[1]?.get('a') ?? 0);
    replicas[1]?.debit('a', told[0]?.get('a') ?? 0);
  }
  expect(accepted).toBeGreaterThan(3_000 * 0.95);
  expect(accepted).toBeLessThan(3_000 * 1.05);
});
