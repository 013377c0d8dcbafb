import { setTimeout as pause } from 'node:timers/promises';
import { actor } from '../../src/actor/actor.ts';

/*
 * A pipeline of three steps for tests with processes. Queues are shared by everybody on a RabbitMQ,
 * so the steps' names begin with the test's own prefix.
 */

const prefix = process.env['TEST_STEP_PREFIX'] ?? '';

interface Work {
  /** How long each step takes, in milliseconds. */
  ms: number;
  trail?: string[];
}

const steps = ['first', 'second', 'third'];

export default steps.map((step) =>
  actor(`${prefix}-${step}`, async ({ ms, trail = [] }: Work, { signal, progress }) => {
    await progress(`${step} is at work`);
    await pause(ms, undefined, { signal });
    return { ms, trail: [...trail, step] };
  }),
);
