import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, startGateway, type AsyaProcess } from '../support/processes.ts';
import { readEvents } from '../support/clients/sse-client.ts';
import { unavailable } from './cluster.ts';
import { scaled, timeout } from './fault-run.ts';
import { OwnRabbitmq } from './own-rabbitmq.ts';

const actorsFile = fileURLToPath(new URL('../support/worker-actors.ts', import.meta.url));

/** How long RabbitMQ leaves a message with an actor. */
const consumerTimeoutMs = scaled(1_500, 20_000);
const maxMessageBytes = 100_000;

/** An actor's messages and reports, and a RabbitMQ that restarts, is impatient, and has narrow limits. */
describe.skipIf(unavailable !== null)('RabbitMQ', { timeout }, () => {
  let rabbitmq: OwnRabbitmq;
  let database: TestDatabase;
  let directory: string;
  let env: Record<string, string>;
  let running: AsyaProcess[] = [];
  let url: string;

  beforeAll(async () => {
    [rabbitmq, database, directory] = await Promise.all([
      OwnRabbitmq.create({
        consumer_timeout: consumerTimeoutMs,
        // How often channels look at it.
        channel_tick_interval: 200,
        max_message_size: maxMessageBytes,
      }),
      createDatabase(),
      mkdtemp(join(tmpdir(), 'asya-')),
    ]);
    const rest =
      'description: d, parameters: { gate: { type: string }, n: { type: integer }, text: { type: string } }';
    const tools = join(directory, 'tools.yaml');
    await writeFile(
      tools,
      [
        'tools:',
        `  - { name: patient, ${rest}, route: [test-patient] }`,
        `  - { name: curious, ${rest}, timeout: 60, route: [test-curious] }`,
      ].join('\n'),
    );
    env = {
      ASYA_DATABASE_URL: database.url,
      ASYA_RABBITMQ_URL: rabbitmq.url,
      ASYA_CONFIG_PATH: tools,
      TEST_STEP_PREFIX: 'test',
    };
  });

  afterEach(async () => {
    await Promise.all(
      running.filter((process) => process.running).map((process) => process.kill()),
    );
    running = [];
  });

  afterAll(async () => {
    await Promise.all([rabbitmq.remove(), database.drop(), rm(directory, { recursive: true })]);
  });

  async function gateway(): Promise<AsyaProcess> {
    const started = await startGateway(env);
    running.push(started.process);
    ({ url } = started);
    return started.process;
  }

  async function actors(): Promise<AsyaProcess> {
    const started = await startActors(actorsFile, env);
    running.push(started);
    return started;
  }

  async function restart(): Promise<void> {
    await rabbitmq.stop();
    await rabbitmq.start();
  }

  async function post(path: string, body: object): Promise<Response> {
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Calls a tool, and returns the job's id. */
  async function call(name: string, args: object): Promise<string> {
    const response = await post('/tools/call', { name, arguments: args });
    const { structuredContent } = (await response.json()) as {
      structuredContent: { job_id: string };
    };
    return structuredContent.job_id;
  }

  async function job(id: string): Promise<Record<string, unknown>> {
    return (await (await fetch(`${url}/jobs/${id}`)).json()) as Record<string, unknown>;
  }

  /** The job when it is over. */
  async function finished(id: string): Promise<Record<string, unknown>> {
    for await (const _ of readEvents(await fetch(`${url}/jobs/${id}/stream`)));
    return job(id);
  }

  /** Resolves once so many messages wait in a queue. */
  async function waiting(queue: string, count: number): Promise<void> {
    await expect.poll(() => rabbitmq.depth(queue)).toBe(count);
  }

  test('restarts before it passed a question on, and before the answer: the job goes on', async () => {
    await (await actors()).stop();
    const asking = await gateway();
    const id = await call('curious', { n: 7 });
    await waiting('test-curious', 1);
    await asking.kill();
    const asked = await actors();
    // The question, and before it a sign of life, which goes with the restart.
    await waiting('asya.reports', 2);
    await asked.stop();
    await restart();
    expect(await rabbitmq.depth('asya.reports')).toBe(1);
    expect(await rabbitmq.depth('test-curious')).toBe(0);

    await gateway();
    await expect.poll(async () => (await job(id))['status']).toBe('InputRequired');
    await restart();
    const answers = { name: { action: 'accept', content: { name: 'Ada' } } };
    await expect.poll(async () => (await post(`/jobs/${id}/input`, { answers })).ok).toBe(true);
    await actors();
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { name: answers.name, n: 7 },
    });
  });

  test('refuses a question that is too large: its job fails, and its message does not come again', async () => {
    const worker = await actors();
    await gateway();
    // The message fits; the question adds more to the payload than the message does.
    const id = await call('curious', { text: 'x'.repeat(maxMessageBytes - 330) });
    expect(await finished(id)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: expect.stringMatching(/^RabbitMQ refuses the report \(input_required\) of \d+ bytes/),
    });
    await worker.stop();
    expect(await rabbitmq.depth('test-curious')).toBe(0);
  });

  test('takes a message back while its work goes on: it is worked on once', async () => {
    const worker = await actors();
    await gateway();
    const gate = join(directory, 'once');
    const id = await call('patient', { gate });
    await worker.says(takenBack);
    await writeFile(gate, '');
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: false },
    });
    await waiting('test-patient', 0);
    await worker.stop();
    expect(await rabbitmq.depth('test-patient')).toBe(0);
    expect(runsOf(worker)).toBe(1);
  });

  test('takes a message back and gives it to another: it is worked on once more', async () => {
    const workers = await Promise.all([actors(), actors()]);
    await gateway();
    const gate = join(directory, 'twice');
    const id = await call('patient', { gate });
    await Promise.all(workers.map((worker) => worker.says(takenBack)));
    await writeFile(gate, '');
    expect(await finished(id)).toMatchObject({ status: 'Succeeded' });
    await waiting('test-patient', 0);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(await rabbitmq.depth('test-patient')).toBe(0);
    expect(runsOf(...workers)).toBe(2);
  });
});

const takenBack = /takes longer than its consumer_timeout/;

/** How often the actor `patient` began to work. */
function runsOf(...workers: readonly AsyaProcess[]): number {
  const output = workers.map((worker) => worker.output).join('');
  return output.match(/"at work"/g)?.length ?? 0;
}
