import { expect, test } from 'vitest';
import { aJob } from '../../../test/support/jobs.ts';
import { firstUpdate } from '../../jobs/rules/decision.ts';
import { progressNotification, progressTokenOf } from './progress.ts';

test('the value grows with every update, also where only the message is new', () => {
  const updates = [5, 5, 100 / 3, 100 / 3, 40].map((progressPercent, i) => ({
    ...firstUpdate(aJob({ progressPercent, message: 'm' })),
    seq: i + 2,
  }));
  const told = updates.map((update) => progressNotification('t', update));
  expect(told[0]).toEqual({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 't', progress: 5.000002, total: 100, message: 'm' },
  });
  const values = told.map((notification) => valueOf(notification));
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(new Set(values).size).toBe(values.length);
});

test('a token is a string or an integer', () => {
  expect(progressTokenOf({})).toEqual({ ok: true, token: null });
  expect(progressTokenOf({ _meta: { progressToken: 0 } })).toEqual({ ok: true, token: 0 });
  expect(progressTokenOf({ _meta: { progressToken: 'a' } })).toEqual({ ok: true, token: 'a' });
  expect(progressTokenOf({ _meta: { progressToken: 1.5 } })).toEqual({ ok: false });
  expect(progressTokenOf({ _meta: { progressToken: {} } })).toEqual({ ok: false });
});

function valueOf(notification: object | null): number {
  const { params } = Object(notification) as { params: { progress: number } };
  return params.progress;
}
