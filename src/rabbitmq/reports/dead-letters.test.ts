import type { AsyncMessage } from 'rabbitmq-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anIntake } from '../../../test/support/intake.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { Recorded } from '../../../test/support/recorded.ts';
import { services } from '../../../test/support/services.ts';
import type { ActorReport } from '../../jobs/engine/actor-reports.ts';
import type { Log } from '../../lib/log.ts';
import { reportQueue } from '../../wire/report-queue.ts';
import { RabbitConnection } from '../connection/connection.ts';
import { deadLetterForms } from './dead-letter.ts';
import { DeadLetters } from './dead-letters.ts';
import { PutBack } from '../publishing/put-back.ts';
import { ReportConsumer } from './report-consumer.ts';

const never = new AbortController().signal;
const retrying = { firstMs: 1, capMs: 5 };

let sandbox: RabbitSandbox;
let connection: RabbitConnection;
let queue: string;
let log: Log;
let lines: string[];

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  queue = sandbox.name('dead-letters');
  ({ log, lines } = memoryLog());
  connection = new RabbitConnection({ url: services.rabbitmqUrl, name: 'test', log });
});
afterEach(async () => {
  await connection.stop();
  await sandbox[Symbol.asyncDispose]();
});

async function open(exchange = sandbox.exchange): Promise<DeadLetters> {
  const letters = new DeadLetters({ connection, exchange, log, retrying });
  await connection.start();
  return letters;
}

/** A message as a consumer gets it. */
async function delivered(body: string, properties: object = {}): Promise<AsyncMessage> {
  const own = await sandbox.queue('own');
  await sandbox.send(own, body, properties);
  return sandbox.take(own);
}

const verdict = { queue: 'own', reason: 'it is of no use' };

test('a letter whose headers nearly fill a frame is stored without the long ones', async () => {
  const letters = await open();
  const headers = { long: 'x'.repeat(130_980), short: 'kept' };
  const message = await delivered('nonsense', { headers, messageId: 'M1' });
  expect(await letters.keep(message, verdict, never)).toBe(true);
  const letter = await sandbox.take(queue);
  expect(String(letter.body)).toBe('nonsense');
  expect(letter).toMatchObject({ messageId: 'M1', durable: true });
  expect(letter.headers).toEqual({
    short: 'kept',
    'x-asya-queue': 'own',
    'x-asya-reason': 'it is of no use',
    'x-asya-left-out': 'the headers long',
  });
  expect(lines.join()).toContain('the headers long');
});

test('so is one with many headers, as many of them as fit', async () => {
  const letters = await open();
  const names = Array.from({ length: 1_000 }, (_, i) => `header-${i}`);
  const headers = Object.fromEntries(names.map((name) => [name, ['x'.repeat(80), { n: [1] }]]));
  expect(await letters.keep(await delivered('nonsense', { headers }), verdict, never)).toBe(true);
  const kept = Object.keys((await sandbox.take(queue)).headers ?? {});
  expect(kept).toContain('x-asya-left-out');
  expect(kept.length).toBeGreaterThan(500);
});

test.each<[string, object]>([
  ['with other arguments', { arguments: { 'x-message-ttl': 60_000 } }],
  ['as another type of queue', { arguments: { 'x-queue-type': 'quorum' } }],
  ['without surviving a restart', { durable: false }],
])('a queue that is there %s is used, and the log says so', async (_how, params) => {
  await sandbox.channel.queueDelete({ queue });
  await sandbox.channel.queueDeclare({ queue, durable: true, ...params });
  const letters = await open();
  expect(await letters.keep(await delivered('nonsense'), verdict, never)).toBe(true);
  expect(String((await sandbox.take(queue)).body)).toBe('nonsense');
  const said = lines.filter((line) => line.includes('is used as it is'));
  expect(said).toHaveLength(1);
});

test('where no letter can be stored, the message is shown in the log and given up', async () => {
  // RabbitMQ lets nobody declare a queue of such a name.
  const letters = await open(`amq.${sandbox.exchange}`);
  expect(await letters.keep(await delivered('nonsense'), verdict, never)).toBe(true);
  const shown = lines.filter((line) => line.includes('is dropped'));
  expect(shown).toHaveLength(1);
  expect(shown[0]).toContain('nonsense');
});

test('a full queue is waited for a while', async () => {
  const args = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
  await sandbox.queue('dead-letters', [], args);
  await sandbox.send(queue, 'older');
  const letters = await open();
  const message = await delivered('nonsense');
  const kept = letters.keep(message, verdict, never);
  await expect.poll(() => lines.join()).toContain('could not be stored');
  expect(String((await sandbox.take(queue)).body)).toBe('older');
  await kept;
  await sandbox.channel.queuePurge({ queue });
  expect(await letters.keep(message, verdict, never)).toBe(true);
  expect(String((await sandbox.take(queue)).body)).toBe('nonsense');
});

test('nothing is waited for once it is to stop', async () => {
  const letters = await open();
  const stopping = new AbortController();
  const message = await delivered('nonsense');
  await connection.stop();
  const kept = letters.keep(message, verdict, stopping.signal);
  stopping.abort();
  expect(await kept).toBe(false);
});

test('letters that cannot be stored, however many, do not stop the reports', async () => {
  const args = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
  await sandbox.queue('dead-letters', [], args);
  await sandbox.send(queue, 'older');
  const reports = await sandbox.queue('reports');
  // As many as are taken at a time, and one.
  for (let i = 0; i <= 1_000; i++) await sandbox.send(reports, 'nonsense');
  const final = { type: 'final', job_id: 'J1', status: 'succeeded' };
  await sandbox.send(reports, JSON.stringify(final));

  const taken = new Recorded<ActorReport>();
  const deadLetters = await open();
  const { exchange } = sandbox;
  const consumer = new ReportConsumer(
    {
      connection,
      exchange,
      deadLetters,
      putBack: new PutBack({ connection, log }),
      intake: anIntake({
        take: async (report) => {
          taken.add(report);
          return { kind: 'unknown' };
        },
      }),
      log,
    },
    reportQueue(reports),
    [],
  );
  await consumer.start();
  expect(await taken.atLeast(1)).toMatchObject([{ jobId: 'J1' }]);
  await consumer.stop();
});

test('of a body that RabbitMQ refuses the beginning is kept', () => {
  const message = { body: Buffer.alloc(100_000), headers: { h: 1 }, messageId: 'M1' };
  const forms = deadLetterForms(message as unknown as AsyncMessage, verdict);
  expect(forms.map(({ leftOut }) => leftOut)).toEqual([
    null,
    'the headers h',
    'the properties, the headers h, the body after 65536 of 100000 bytes',
  ]);
  expect(forms.map(({ body }) => body.length)).toEqual([100_000, 100_000, 65_536]);
});
