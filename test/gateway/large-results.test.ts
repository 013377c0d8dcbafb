import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActorBroker } from '../../src/actor/actor-broker.ts';
import { connectActorBroker } from '../../src/rabbitmq/actors/actor-broker.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGateway, type RunningGateway } from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';

/*
 * One result that is as large as may be, and others that are larger, on PostgreSQL and RabbitMQ, while
 * clients call a tool. Nobody but their own jobs may notice.
 */

const mebibyte = 1_048_576;

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
let gateway: RunningGateway;
let actors: ActorBroker;

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  const [echo, nobody] = [broker.step('echo'), broker.step('nobody')];
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const tools = join(directory, 'tools.yaml');
  await writeFile(
    tools,
    [
      'tools:',
      `  - { name: echo, description: d, parameters: { n: { type: integer } }, timeout: 600, route: [${echo}] }`,
      `  - { name: wait, description: d, timeout: 600, route: [${nobody}] }`,
    ].join('\n'),
  );
  gateway = await startGateway({
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    ASYA_SECRET: 'of the test, and long',
  });
  const { url, exchange } = broker;
  actors = await connectActorBroker({ url, exchange, log: pino({ level: 'silent' }) });
  await actors.consume(echo, 10, async ({ envelope, replyTo }) => {
    const { jobId: job_id, payload: result } = envelope;
    await actors.report(replyTo ?? '', { type: 'final', job_id, status: 'succeeded', result });
  });
  // Its messages stay where they are.
  await broker.use((connection) => connection.queueDeclare({ queue: nobody, durable: true }));
  await broker.use((connection) =>
    connection.queueBind({ exchange, queue: nobody, routingKey: nobody }),
  );
});

afterAll(async () => {
  await actors.close();
  await gateway.process.stop();
  await broker.remove();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function post(path: string, body: string, headers = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

/** The outcome of a call that waits for it. */
async function call(n: number): Promise<unknown> {
  const response = await post('/tools/call', JSON.stringify({ name: 'echo', arguments: { n } }), {
    prefer: 'wait=600',
  });
  const { structuredContent } = (await response.json()) as { structuredContent?: unknown };
  return [response.status, structuredContent];
}

/** Puts a report into the queue as an actor in another language does. */
function send(report: Buffer): Promise<void> {
  return broker.use(async (connection) => {
    const publisher = connection.createPublisher({ confirm: true });
    await publisher.send({ routingKey: `${broker.exchange}.reports`, durable: true }, report);
    await publisher.close();
  });
}

/** The id of a job that no actor works on. */
async function waitingJob(): Promise<string> {
  const response = await post('/tools/call', '{"name":"wait"}');
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

async function job(id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}/jobs/${id}`);
  return (await response.json()) as Record<string, unknown>;
}

async function endsAs(id: string, outcome: readonly unknown[]): Promise<void> {
  const end = async () => {
    const { status, reason, error } = await job(id);
    return [status, reason, error];
  };
  await expect.poll(end).toEqual(outcome);
}

const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const rejected = ['Failed', 'ResultRejected', expect.stringMatching(/too large/)];

/** Resident memory of the gateway in MiB: now, and at most so far (proc(5), `VmRSS`, `VmHWM`). */
async function memory(): Promise<string> {
  const status = await readFile(`/proc/${gateway.process.child.pid}/status`, 'utf8');
  const [now = 0, most = 0] = ['VmRSS', 'VmHWM'].map((name) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024),
  );
  expect(most).toBeLessThan(1_024);
  return `${now} MiB, at most ${most} MiB`;
}

test('large results, and results that are too large, disturb nobody else', async () => {
  const over = new AbortController();
  const calls: unknown[] = [];
  const callers = Promise.all(
    [0, 1, 2, 3].map(async (caller) => {
      for (let i = 0; !over.signal.aborted; i++) {
        const n = caller + 4 * i;
        const outcome = await call(n);
        if (JSON.stringify(outcome) !== JSON.stringify([200, { n }])) calls.push(outcome);
      }
    }),
  );

  const byHttp = await waitingJob();
  const body = `{"status":"succeeded","result":${text(16 * mebibyte)}}`;
  expect((await post(`/jobs/${byHttp}/final`, body)).status).toBe(200);
  expect((await job(byHttp))['status']).toBe('Succeeded');
  console.log(`a result of 16 MiB by HTTP: the gateway has ${await memory()}`);

  const [byQueue, tooLarge] = [await waitingJob(), await waitingJob()];
  for (const [id, bytes] of [
    [tooLarge, 50_000_000],
    [byQueue, 16 * mebibyte],
  ] as const) {
    const report = `{"type":"final","job_id":"${id}","status":"succeeded","result":${text(bytes)}}`;
    await send(Buffer.from(report));
  }
  await endsAs(tooLarge, rejected);
  await endsAs(byQueue, ['Succeeded', undefined, null]);
  await expect.poll(() => broker.depth(`${broker.exchange}.dead-letters`)).toBe(1);
  console.log(`50 MB and 16 MiB in the report queue: the gateway has ${await memory()}`);

  const refused = await waitingJob();
  const much = `{"status":"succeeded","result":${text(40 * mebibyte)}}`;
  const response = await post(`/envelopes/${refused}/final`, much);
  expect([response.status, await response.json()]).toMatchObject([413, { code: 'body_too_large' }]);
  await endsAs(refused, rejected);

  over.abort();
  await callers;
  expect(calls).toEqual([]);
});
