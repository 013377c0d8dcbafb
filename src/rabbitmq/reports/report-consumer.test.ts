import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anIntake } from '../../../test/support/intake.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { Recorded } from '../../../test/support/recorded.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import type { ActorReport } from '../../jobs/engine/actor-reports.ts';
import { reportQueue } from '../../wire/report-queue.ts';
import { RabbitConnection } from '../connection/connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { PutBack } from '../publishing/put-back.ts';
import { ReportConsumer } from './report-consumer.ts';

/* What concerns RabbitMQ alone; the rest is the broker contract's: see broker.test.ts. */

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let publishing: RabbitConnection;
let consuming: RabbitConnection;
let consumer: ReportConsumer;
let reports: string;
let deadLetters: string;
let taken: Recorded<ActorReport>;

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  taken = new Recorded();
  const { exchange } = sandbox;
  const { log } = memoryLog();
  reports = sandbox.name('reports');
  deadLetters = sandbox.name('dead-letters');
  publishing = new RabbitConnection({ url: services.rabbitmqUrl, name: 'publishing', log });
  consuming = new RabbitConnection({ url: proxy.url, name: 'consuming', log });
  const parts = {
    connection: consuming,
    exchange,
    deadLetters: new DeadLetters({ connection: publishing, exchange, log }),
    putBack: new PutBack({ connection: publishing, log }),
    intake: anIntake({
      take: async (report) => {
        taken.add(report);
        return { kind: 'unknown' };
      },
    }),
    log,
    lookEveryMs: 200,
  };
  consumer = new ReportConsumer(parts, reportQueue(reports), []);
  await Promise.all([publishing.start(), consuming.start()]);
  await consumer.start();
  await consumer.consuming;
});

afterEach(async () => {
  await consumer.stop();
  await Promise.all([publishing.stop(), consuming.stop()]);
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const beat = JSON.stringify({
  type: 'heartbeat',
  job_id: 'J1',
  actor_name: 'a',
  status: 'processing',
});

/** Resolves once everything delivered so far is settled: stopping returns the rest to the queue. */
async function left(): Promise<number> {
  await consumer.stop();
  return sandbox.count(reports);
}

test('a report is acknowledged once it is committed', async () => {
  await sandbox.send(reports, beat);
  await taken.atLeast(1);
  expect(await left()).toBe(0);
});

test.each([undefined, 'text/plain', 'application/octet-stream'])(
  'a report is read whatever its content type is: %s',
  async (contentType) => {
    await sandbox.send(reports, beat, { contentType });
    expect(await taken.atLeast(1)).toMatchObject([{ jobId: 'J1' }]);
  },
);

describe('what nobody can use', () => {
  test.each<[string, string | Buffer]>([
    ['text', '{"type": "final",  "job_id": "J1", "n": 12345678901234567890}'],
    ['bytes', Buffer.from([0x22, 0xff, 0x22])],
  ])('is kept byte for byte and with its properties: %s', async (_what, body) => {
    const properties = { messageId: 'M1', headers: { 'x-own': 'kept' }, expiration: '600000' };
    await sandbox.send(reports, body, properties);

    const letter = await sandbox.take(deadLetters);
    expect(letter).toMatchObject({
      contentType: 'application/json',
      messageId: 'M1',
      durable: true,
      headers: { 'x-own': 'kept', 'x-asya-queue': reports },
    });
    expect(letter.expiration).toBeUndefined();
    expect(letter.body).toEqual(Buffer.from(body));
    expect(await left()).toBe(0);
  });

  test('is kept, too, after the dead-letter queue was deleted', async () => {
    await sandbox.channel.queueDelete({ queue: deadLetters });
    await sandbox.send(reports, 'nonsense');
    await sandbox.declared(deadLetters);
    expect(String((await sandbox.take(deadLetters)).body)).toBe('nonsense');
  });
});

describe('in an outage of the broker (invariant 8)', () => {
  test('consuming goes on after the connection was cut', async () => {
    proxy.cut();
    await sandbox.send(reports, beat);
    expect(await taken.atLeast(1)).toMatchObject([{ jobId: 'J1' }]);
  });

  test('consuming goes on after the queue was deleted', async () => {
    await sandbox.channel.queueDelete({ queue: reports });
    await sandbox.declared(reports);
    await sandbox.send(reports, beat);
    expect(await taken.atLeast(1)).toMatchObject([{ jobId: 'J1' }]);
  });

  test('stopping does not wait for it', async () => {
    // It never comes back: who waited for it would wait for ever.
    await proxy.refuse();
    await consumer.stop();
  });
});
