import { expect, test } from 'vitest';
import { Overloaded } from './batcher.ts';
import { ByteBudget } from './byte-budget.ts';

const never = new AbortController().signal;

test('invariant 9: bytes are taken in turn, and only as long as there is room', async () => {
  const budget = new ByteBudget({ maxBytes: 100 });
  const order: string[] = [];
  const first = await budget.take(60, never);
  const second = budget.take(50, never).then((release) => (order.push('second'), release));
  const third = budget.take(30, never).then((release) => (order.push('third'), release));
  // It would fit, but others came before it.
  expect(budget.tryTake(10)).toBeNull();
  first();
  first();
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
  expect(budget.tryTake(20)).not.toBeNull();
  expect(budget.tryTake(1)).toBeNull();
});

test('what is larger than all there is has its turn alone', async () => {
  const budget = new ByteBudget({ maxBytes: 100 });
  const small = await budget.take(1, never);
  const large = budget.take(500, never);
  small();
  const release = await large;
  expect(budget.tryTake(1)).toBeNull();
  release();
  expect(budget.tryTake(100)).not.toBeNull();
});

test('whoever gives up makes way for those behind', async () => {
  const budget = new ByteBudget({ maxBytes: 100 });
  await budget.take(60, never);
  const patience = new AbortController();
  const given = budget.take(90, patience.signal);
  const behind = budget.take(40, never);
  patience.abort();
  await expect(given).rejects.toThrow(Overloaded);
  await behind;
  await expect(budget.take(90, AbortSignal.abort())).rejects.toThrow(Overloaded);
});

test('no more wait than may', async () => {
  const budget = new ByteBudget({ maxBytes: 1, maxWaiting: 1 });
  await budget.take(1, never);
  void budget.take(1, never);
  await expect(budget.take(1, never)).rejects.toThrow(Overloaded);
});
