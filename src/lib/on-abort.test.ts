import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { aborted, onAbort } from './on-abort.ts';

test('everybody is called back once when the signal aborts', () => {
  const control = new AbortController();
  const called: string[] = [];
  const note = (): void => void called.push('twice');
  onAbort(control.signal, () => called.push('first'));
  onAbort(control.signal, note);
  onAbort(control.signal, note);
  expect(called).toEqual([]);
  control.abort();
  control.abort();
  expect(called).toEqual(['first', 'twice', 'twice']);
});

test('a callback that was taken back is not called', () => {
  const control = new AbortController();
  const called: string[] = [];
  const takeBack = onAbort(control.signal, () => called.push('no'));
  onAbort(control.signal, () => called.push('yes'));
  takeBack();
  control.abort();
  takeBack();
  expect(called).toEqual(['yes']);
});

test('a signal that is aborted already calls back at once', async () => {
  let called = 0;
  onAbort(AbortSignal.abort(), () => called++);
  expect(called).toBe(1);
  await aborted(AbortSignal.abort());
});

test('aborted resolves when the signal aborts', async () => {
  const control = new AbortController();
  const waiting = [aborted(control.signal), aborted(control.signal)];
  control.abort();
  await Promise.all(waiting);
});

test('invariant 9: however many wait for a signal, it has one listener', () => {
  const { signal } = new AbortController();
  const takeBacks = Array.from({ length: 1_000 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const takeBack of takeBacks) takeBack();
  onAbort(signal, () => {});
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});
