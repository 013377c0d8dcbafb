import { afterEach, beforeEach, expect, test } from 'vitest';
import { actor } from '../../../src/actor/actor.ts';
import { elicit } from '../../../src/actor/ask.ts';
import { runActors, type RunningActors } from '../../../src/actor/run-actors.ts';
import { log } from '../../support/actor-gateway.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';

/* Fan-out children that ask, each by itself, at a step that their route visits twice. */

let gateway: TestApp;
let actors: RunningActors;

const split = actor('split', () => ['a', 'b']);

const check = actor('check', async (payload: unknown, { ask }) => {
  const { sure } = await ask({ sure: elicit(`Sure of ${JSON.stringify(payload)}?`, {}) });
  return { payload, sure: sure.action };
});

beforeEach(async () => {
  gateway = await createTestApp();
  actors = await runActors([split, check], gateway.broker.connect(), { log });
});

afterEach(async () => {
  await actors.close();
  await gateway.close();
});

/** What a job asks for, once it waits for just this. */
async function answer(id: string, key: string, action: string): Promise<void> {
  await expect
    .poll(async () => Object.keys((await gateway.jobs.get(id))?.input?.requests ?? {}))
    .toEqual([key]);
  const payload = { answers: { [key]: { action } } };
  const { statusCode } = await gateway.app.inject({
    method: 'POST',
    url: `/jobs/${id}/input`,
    payload,
  });
  expect(statusCode).toBe(202);
  await gateway.relay();
}

test('parent and child are asked apart, at each visit of a step', async () => {
  const { id } = await gateway.submit({ steps: ['split', 'check', 'check'] });
  const child = `${id}-1`;
  await answer(child, 'sure', 'decline');
  await answer(id, 'sure', 'accept');
  await answer(child, 'sure@2', 'accept');
  await answer(id, 'sure@2', 'cancel');
  await expect
    .poll(() => Promise.all([id, child].map((one) => gateway.jobs.get(one))))
    .toMatchObject([
      {
        status: 'Succeeded',
        result: { payload: { payload: 'a', sure: 'accept' }, sure: 'cancel' },
      },
      {
        status: 'Succeeded',
        parentId: id,
        result: { payload: { payload: 'b', sure: 'decline' }, sure: 'accept' },
      },
    ]);
});
