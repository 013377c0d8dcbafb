import { expect, test } from 'vitest';
import { Gate } from './gate.ts';

test('runs a limited number of tasks at a time, in order', async () => {
  const gate = new Gate(2);
  const begun: number[] = [];
  const open = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const all = open.map(({ promise }, n) =>
    gate.run(async () => {
      begun.push(n);
      await promise;
      return n;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  open[1]?.resolve();
  expect(await all[1]).toBe(1);
  open[0]?.resolve();
  expect(await all[0]).toBe(0);
  open[2]?.resolve();
  open[3]?.resolve();
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('goes on after a task that failed', async () => {
  const gate = new Gate(1);
  const failed = gate.run(async () => {
    throw new Error('no');
  });
  const next = gate.run(async () => 'yes');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
