import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aJob } from '../../test/support/jobs.ts';
import { memoryLog } from '../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../test/support/rabbitmq.ts';
import { services } from '../../test/support/services.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import type { JobEvent } from '../jobs/event.ts';
import { StoreUnavailable, type ApplyOutcome } from '../jobs/job-store.ts';
import { RabbitConnection } from './connection.ts';
import { DeadLetters } from './dead-letters.ts';
import type { EventConsumer } from './event-consumer.ts';
import { PutBack } from './put-back.ts';
import { createReportConsumer } from './report-consumer.ts';

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let publishing: RabbitConnection;
let consuming: RabbitConnection;
let consumer: EventConsumer;
let reports: string;
let deadLetters: string;
let applied: Inbox;
/** What the store answers; a test may replace it. */
let answer: (jobId: string, event: JobEvent) => Promise<ApplyOutcome>;

/** Collects what was applied, and tells when there is enough of it. */
class Inbox {
  readonly entries: { jobId: string; event: JobEvent }[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  add(jobId: string, event: JobEvent): void {
    this.entries.push({ jobId, event });
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.entries.length)) {
      resolve();
    }
  }

  async of(count: number): Promise<{ jobId: string; event: JobEvent }[]> {
    if (this.entries.length < count) {
      await new Promise<void>((resolve) => {
        this.#waiting.push({ count, resolve });
      });
    }
    return this.entries;
  }
}

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  applied = new Inbox();
  answer = async () => ({ kind: 'unknown' });
  const { exchange } = sandbox;
  const { log } = memoryLog();
  reports = sandbox.name('reports');
  deadLetters = sandbox.name('dead-letters');
  publishing = new RabbitConnection({ url: services.rabbitmqUrl, name: 'publishing', log });
  consuming = new RabbitConnection({ url: proxy.url, name: 'consuming', log });
  consumer = createReportConsumer({
    connection: consuming,
    exchange,
    deadLetters: new DeadLetters({ connection: publishing, exchange, log }),
    putBack: new PutBack({ connection: publishing, log }),
    apply: async (jobId, event) => {
      const outcome = await answer(jobId, event);
      applied.add(jobId, event);
      return outcome;
    },
    log,
    lookEveryMs: 200,
  });
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

const repeated = (id: string): ApplyOutcome => ({
  kind: 'refused',
  state: aJob({ id }),
  refusal: 'repeated',
});

const beat = (jobId: string, message?: string) =>
  JSON.stringify({
    type: 'heartbeat',
    job_id: jobId,
    actor_name: 'a',
    status: 'processing',
    message,
  });
const final = (jobId: string, result: unknown = null) =>
  JSON.stringify({ type: 'final', job_id: jobId, status: 'succeeded', result });

/** Resolves once everything delivered so far is settled: stopping returns the rest to the queue. */
async function left(): Promise<number> {
  await consumer.stop();
  return sandbox.count(reports);
}

describe('a report', () => {
  it('is applied and acknowledged', async () => {
    await sandbox.send(reports, beat('J1', 'working'));
    const [first] = await applied.of(1);
    expect(first).toEqual({
      jobId: 'J1',
      event: { type: 'heartbeat', actorName: 'a', stepStatus: 'processing', message: 'working' },
    });
    expect(await left()).toBe(0);
  });

  it.each([undefined, 'text/plain', 'application/octet-stream'])(
    'is read whatever its content type is: %s',
    async (contentType) => {
      await sandbox.send(reports, beat('J1'), { contentType });
      expect(await applied.of(1)).toMatchObject([{ jobId: 'J1' }]);
    },
  );

  it('is applied in the order of delivery', async () => {
    const messages = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    for (const message of messages) await sandbox.send(reports, beat('J1', message));
    const entries = await applied.of(50);
    expect(entries.map(({ event }) => 'message' in event && event.message)).toEqual(messages);
  });

  it('loses what PostgreSQL cannot hold', async () => {
    answer = async (jobId) => repeated(jobId);
    await sandbox.send(
      reports,
      '{"type":"final","job_id":"J1","status":"succeeded","result":"a\\u0000b\\ud800"}',
    );
    expect(await applied.of(1)).toEqual([
      { jobId: 'J1', event: { type: 'succeeded', result: 'a\uFFFDb\uFFFD' } },
    ]);
  });
});

describe('what cannot be used goes to the dead letters', () => {
  it.each([
    ['not JSON', '{"type":', /JSON/],
    ['JSON that nests too deeply', `${'['.repeat(70_000)}${']'.repeat(70_000)}`, /nests deeper/],
    ['no report', '{"type": "final",  "job_id": "J1", "n": 12345678901234567890}', /status/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /utf-8/],
    ['a report without a job', beat('not an id'), /job_id/],
  ])('%s, byte for byte and with its properties', async (_what, body, reason) => {
    const properties = { messageId: 'M1', headers: { 'x-own': 'kept' }, expiration: '600000' };
    await sandbox.send(reports, body, properties);

    const letter = await sandbox.take(deadLetters);
    expect(letter).toMatchObject({
      contentType: 'application/json',
      messageId: 'M1',
      durable: true,
      headers: {
        'x-own': 'kept',
        'x-asya-queue': reports,
        'x-asya-reason': expect.stringMatching(reason),
      },
    });
    expect(letter.expiration).toBeUndefined();
    expect(letter.body).toEqual(Buffer.from(body));
    expect(await left()).toBe(0);
  });

  it('a final for an unknown job', async () => {
    await sandbox.send(reports, final('J404'));
    const letter = await sandbox.take(deadLetters);
    expect(letter.headers).toMatchObject({ 'x-asya-reason': 'unknown job J404' });
    expect(await left()).toBe(0);
  });

  it('but a heartbeat for an unknown job is dropped', async () => {
    await sandbox.send(reports, beat('J404'));
    await applied.of(1);
    expect(await left()).toBe(0);
    expect(await sandbox.count(deadLetters)).toBe(0);
  });

  it('an event that the store fails on again and again, with the error', async () => {
    answer = async () => {
      throw new Error('invalid input');
    };
    await sandbox.send(reports, beat('J1'));
    const letter = await sandbox.take(deadLetters);
    expect(letter.headers).toMatchObject({ 'x-asya-reason': 'invalid input' });
  });

  it('also after the dead-letter queue was deleted', async () => {
    await sandbox.channel.queueDelete({ queue: deadLetters });
    await sandbox.send(reports, 'nonsense');
    await sandbox.declared(deadLetters);
    expect(String((await sandbox.take(deadLetters)).body)).toBe('nonsense');
  });
});

describe('in an outage of the store (invariant 8)', () => {
  it('a report is held until the store is back, in order, and nothing is lost', async () => {
    let triesOfFirst = 0;
    answer = async (jobId) => {
      if (jobId === 'J1') triesOfFirst++;
      if (triesOfFirst < 3) throw new StoreUnavailable('away');
      return repeated(jobId);
    };
    for (const id of ['J1', 'J2', 'J3']) await sandbox.send(reports, final(id));
    expect((await applied.of(3)).map(({ jobId }) => jobId)).toEqual(['J1', 'J2', 'J3']);
    expect(await left()).toBe(0);
  });

  it('stopping returns what is held to the queue', async () => {
    const tried = Promise.withResolvers<void>();
    answer = async () => {
      tried.resolve();
      throw new StoreUnavailable('away');
    };
    await sandbox.send(reports, final('J1'));
    await tried.promise;
    expect(await left()).toBe(1);
    expect(applied.entries).toEqual([]);
  });
});

describe('in an outage of the broker (invariant 8)', () => {
  it('consuming goes on after the connection was cut', async () => {
    proxy.cut();
    await sandbox.send(reports, beat('J1'));
    expect(await applied.of(1)).toMatchObject([{ jobId: 'J1' }]);
  });

  it('consuming goes on after the queue was deleted', async () => {
    await sandbox.channel.queueDelete({ queue: reports });
    await sandbox.declared(reports);
    await sandbox.send(reports, beat('J1'));
    expect(await applied.of(1)).toMatchObject([{ jobId: 'J1' }]);
  });

  it('stopping does not wait for it', async () => {
    // It never comes back: who waited for it would wait for ever.
    await proxy.refuse();
    await consumer.stop();
  });
});
