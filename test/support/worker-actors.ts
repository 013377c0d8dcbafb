import { setTimeout as pause } from 'node:timers/promises';
import { actor, elicit } from 'asya-gateway/actor';

/*
 * Actors for tests with processes. Queues are shared by everybody on a RabbitMQ, so the steps' names
 * begin with the test's own prefix.
 */

const prefix = process.env['TEST_STEP_PREFIX'] ?? '';

interface Work {
  ms: number;
}

/** Takes its time, and stops when it is told to. */
const patient = actor(
  `${prefix}-patient`,
  async ({ ms }: Work, { signal, log, redelivered }) => {
    log.info('at work');
    try {
      await pause(ms, undefined, { signal });
    } catch (error) {
      log.info(`stopped: ${signal.reason}`);
      throw error;
    }
    return { redelivered };
  },
  { heartbeatMs: 200 },
);

/** Takes its time, and lets nothing else happen in its process. */
const stuck = actor(
  `${prefix}-stuck`,
  ({ ms }: Work) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return 'at last';
  },
  { heartbeatMs: 200 },
);

/** Passes on one message for each word. */
const split = actor(`${prefix}-split`, ({ text }: { text: string }) => text.split(' '));

const loud = actor(`${prefix}-loud`, (word: string) => word.toUpperCase());

/** Asks, and says in which process it has the answer. */
const curious = actor(`${prefix}-curious`, async ({ ms }: Work, { ask }) => {
  const { name } = await ask({ name: elicit('Your name?', { type: 'object', properties: {} }) });
  return { name, ms, pid: process.pid };
});

export default [patient, stuck, split, loud, curious];
