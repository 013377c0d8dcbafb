import type { Channel } from 'rabbitmq-client';
import { ConfirmChannel } from '../../src/rabbitmq/publishing/confirm-channel.ts';
import { PostgresJobStore } from '../../src/postgres/job-store.ts';
import { RabbitConnection } from '../../src/rabbitmq/connection/connection.ts';
import { RabbitPublisher } from '../../src/rabbitmq/publishing/publisher.ts';

/*
 * Loaded into a gateway before its own code (`--import`), to have it die at one step of the way a job
 * or a report takes. `TEST_CRASH_POINT` names the step, `TEST_CRASH_TURN` which time it is come to.
 */

type Method = (this: object, ...args: never[]) => Promise<unknown>;

const chosen = process.env['TEST_CRASH_POINT'];
let turnsLeft = Number(process.env['TEST_CRASH_TURN'] ?? 1);

function reach(point: string): void {
  if (point === chosen && --turnsLeft === 0) process.kill(process.pid, 'SIGKILL');
}

/** Before: nothing was done yet. After: it is done, and nobody was told. */
function wrap(owner: object, name: string, points: { before?: string; after?: string }): void {
  const original = Reflect.get(owner, name) as Method;
  Reflect.set(owner, name, async function (this: object, ...args: never[]) {
    if (points.before !== undefined) reach(points.before);
    const result = await original.apply(this, args);
    if (points.after !== undefined) reach(points.after);
    return result;
  });
}

wrap(PostgresJobStore.prototype, 'create', { before: 'submitted', after: 'created' });
wrap(RabbitPublisher.prototype, 'publish', { before: 'dispatching', after: 'confirmed' });
wrap(PostgresJobStore.prototype, 'markDispatched', { after: 'marked' });
wrap(PostgresJobStore.prototype, 'apply', { before: 'reported', after: 'applied' });

// The message has left, and its confirm is still to come.
const publish = Reflect.get(ConfirmChannel.prototype, 'publish') as Method;
Reflect.set(ConfirmChannel.prototype, 'publish', function (this: object, ...args: never[]) {
  const confirm = publish.apply(this, args);
  setImmediate(() => reach('published'));
  return confirm;
});

// The report is applied, and its acknowledgement has left.
const openChannel = Reflect.get(RabbitConnection.prototype, 'openChannel') as Method;
Reflect.set(RabbitConnection.prototype, 'openChannel', async function (this: object) {
  const channel = (await openChannel.apply(this)) as Channel;
  const acknowledge = channel.basicAck.bind(channel);
  channel.basicAck = (params) => {
    acknowledge(params);
    setTimeout(() => reach('acknowledged'), 20);
  };
  return channel;
});
