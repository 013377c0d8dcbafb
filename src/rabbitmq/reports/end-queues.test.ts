import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { aJob } from '../../../test/support/jobs.ts';
import { anIntake } from '../../../test/support/intake.ts';
import type { ActorReport } from '../../jobs/engine/actor-reports.ts';
import { RabbitConnection } from '../connection/connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { endQueues } from './end-queues.ts';
import { PutBack } from '../publishing/put-back.ts';
import { ReportConsumer } from './report-consumer.ts';

let sandbox: RabbitSandbox;
let connection: RabbitConnection;
let happyEnd: string;
let errorEnd: string;
let consumers: ReportConsumer[];
let taken: Map<string, PromiseWithResolvers<ActorReport>>;

const reportOf = (jobId: string): Promise<ActorReport> => entryOf(jobId).promise;
const entryOf = (jobId: string) => {
  const known = taken.get(jobId) ?? Promise.withResolvers<ActorReport>();
  taken.set(jobId, known);
  return known;
};

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  taken = new Map();
  const { exchange } = sandbox;
  const { log } = memoryLog();
  connection = new RabbitConnection({ url: services.rabbitmqUrl, name: 'test', log });
  // The real names would be shared with whoever uses this broker.
  happyEnd = sandbox.name('happy-end');
  errorEnd = sandbox.name('error-end');
  const parts = {
    connection,
    exchange,
    deadLetters: new DeadLetters({ connection, exchange, log }),
    putBack: new PutBack({ connection, log }),
    intake: anIntake({
      take: async (report) => {
        entryOf(report.jobId).resolve(report);
        return { kind: 'refused', state: aJob(), refusal: 'repeated' };
      },
      maxResultBytes: 1_024,
    }),
    log,
    lookEveryMs: 100,
  };
  consumers = endQueues.map((end) => {
    const queue = end.queue.replace('happy-end', happyEnd).replace('error-end', errorEnd);
    return new ReportConsumer(parts, { ...end, queue }, [queue]);
  });
  await connection.start();
  for (const consumer of consumers) await consumer.start();
  await Promise.all(consumers.map((consumer) => consumer.consuming));
});

afterEach(async () => {
  for (const consumer of consumers) await consumer.stop();
  await connection.stop();
  for (const end of [happyEnd, errorEnd]) await sandbox.deleteQueue(`asya-${end}`);
  await sandbox[Symbol.asyncDispose]();
});

const route = { steps: ['a'], current: 0 };

it('reads both generations from queues it declared and bound to the exchange', async () => {
  const { channel, exchange } = sandbox;
  const publish = (routingKey: string, body: object) =>
    channel.basicPublish({ exchange, routingKey }, body);
  await publish(happyEnd, { job_id: 'J1', route, payload: 1 });
  await publish(`asya-${happyEnd}`, { id: 'E1', route, payload: 2 });
  await publish(errorEnd, { job_id: 'J2', error: 'bad', original_message: '{}' });
  await publish(`asya-${errorEnd}`, { id: 'E2', route, payload: { error: 'worse' } });

  expect((await reportOf('J1')).event).toEqual({ type: 'succeeded', result: 1 });
  expect((await reportOf('E1')).event).toEqual({ type: 'succeeded', result: 2 });
  expect((await reportOf('J2')).event).toMatchObject({ type: 'failed', error: 'bad' });
  expect((await reportOf('E2')).event).toMatchObject({ type: 'failed', error: 'worse' });
});

it('takes what a child of an unknown parent says about it to the store', async () => {
  const { channel, exchange } = sandbox;
  const message = { id: 'E1-2', parent_id: 'E1', route: { actors: ['a', 'b'], current: 2 } };
  await channel.basicPublish({ exchange, routingKey: happyEnd }, message);
  expect(await reportOf('E1-2')).toEqual({
    jobId: 'E1-2',
    event: { type: 'succeeded', result: null },
    child: { parentId: 'E1', steps: ['a', 'b'], orphan: 'refuse' },
  });
});

it('declares a queue again that was deleted, under the name its senders ask for', async () => {
  for (const queue of [happyEnd, `asya-${happyEnd}`]) {
    await sandbox.channel.queueDelete({ queue });
    await sandbox.declared(queue);
    await sandbox.send(queue, JSON.stringify({ id: 'E2', payload: queue }));
    expect((await reportOf('E2')).event).toEqual({ type: 'succeeded', result: queue });
    taken.delete('E2');
  }
});

it('sends what it cannot read to the dead letters', async () => {
  await sandbox.send(errorEnd, '{"error":"whose?"}');
  const letter = await sandbox.take(sandbox.name('dead-letters'));
  expect(String(letter.body)).toBe('{"error":"whose?"}');
  expect(letter.headers).toMatchObject({ 'x-asya-queue': errorEnd });
});

it('fails the job of a result that is too large, and keeps the message', async () => {
  const body = JSON.stringify({ id: 'E1', route, payload: 'x'.repeat(70_000) });
  await sandbox.send(`asya-${happyEnd}`, body);
  expect((await reportOf('E1')).event).toMatchObject({ type: 'failed', reason: 'ResultRejected' });
  const letter = await sandbox.take(sandbox.name('dead-letters'));
  expect(String(letter.body)).toBe(body);
});

it('fails a job with its own error, however large what it was given is', async () => {
  const payload = { error: 'bad', original_payload: 'x'.repeat(70_000) };
  await sandbox.send(errorEnd, JSON.stringify({ id: 'E1', route, payload }));
  expect((await reportOf('E1')).event).toMatchObject({
    type: 'failed',
    reason: 'ActorError',
    error: expect.stringMatching(/^bad: .*too large/),
  });
});
