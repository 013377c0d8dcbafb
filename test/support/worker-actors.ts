import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { actor, elicit } from 'asya-gateway/actor';

/*
 * Actors for tests with processes. Queues are shared by everybody on a RabbitMQ, so the steps' names
 * begin with the test's own prefix.
 */

const prefix = process.env['TEST_STEP_PREFIX'] ?? '';

interface Work {
  /** Work goes on until this file is there. Default: it is done at once. */
  gate?: string;
}

const lookEveryMs = 20;

function isOpen(gate: string | undefined): boolean {
  return gate === undefined || existsSync(gate);
}

/** Works until its gate opens, and stops when it is told to. */
const patient = actor(
  `${prefix}-patient`,
  async ({ gate }: Work, { signal, log, redelivered }) => {
    log.info('at work');
    try {
      while (!isOpen(gate)) {
        await pause(lookEveryMs, undefined, { signal });
      }
    } catch (error) {
      log.info(`stopped: ${signal.reason}`);
      throw error;
    }
    return { redelivered };
  },
  { heartbeatMs: 200 },
);

/** Works until its gate opens, and lets nothing else happen in its process. */
const stuck = actor(
  `${prefix}-stuck`,
  ({ gate }: Work) => {
    const asleep = new Int32Array(new SharedArrayBuffer(4));
    while (!isOpen(gate)) Atomics.wait(asleep, 0, 0, lookEveryMs);
    return 'at last';
  },
  { heartbeatMs: 200 },
);

/** Passes on one message for each word. */
const split = actor(`${prefix}-split`, ({ text }: { text: string }) => text.split(' '));

const loud = actor(`${prefix}-loud`, (word: string) => word.toUpperCase());

/** Asks, and says in which process it has the answer. */
const curious = actor(`${prefix}-curious`, async ({ n }: { n: number }, { ask }) => {
  const { name } = await ask({ name: elicit('Your name?', { type: 'object', properties: {} }) });
  return { name, n, pid: process.pid };
});

export default [patient, stuck, split, loud, curious];
