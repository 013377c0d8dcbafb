import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { actor, type Actor } from '../../src/actor/actor.ts';
import { runActors, type RunningActors } from '../../src/actor/run-actors.ts';
import { readConfig } from '../../src/config.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { ToolSource } from '../../src/tools/tool-source.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, type AsyaProcess } from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents } from '../support/clients/sse-client.ts';

/*
 * A tool with `retry` and actors of the library: what they see, and what the job's history says.
 */

const log = pino({ level: 'silent' });
const attempts = 3;

/** A gateway in this process, and where its jobs and messages are. */
interface Place {
  readonly gateway: Gateway;
  readonly env: Record<string, string>;
  readonly broker: ScratchBroker;
  readonly directory: string;
  close(): Promise<void>;
}

interface SeenJob {
  readonly status: string;
  readonly [name: string]: unknown;
}

interface SeenUpdate {
  readonly status: string;
  readonly message: string;
}

async function open(services: Record<string, string>, broker: ScratchBroker): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'asya-retries-'));
  const path = join(directory, 'tools.yaml');
  const retry = `{ attempts: ${attempts}, delay: 0, on: [ActorError, HeartbeatLost] }`;
  const rest = `description: d, parameters: { gate: { type: string } }, retry: ${retry}`;
  await writeFile(
    path,
    [
      'tools:',
      `  - { name: shaky, ${rest}, route: [${broker.step('first')}, ${broker.step('shaky')}] }`,
      // Long enough for an actor that is at once done, on a busy machine.
      `  - { name: patient, ${rest}, heartbeat_timeout: 4, route: [${broker.step('patient')}] }`,
    ].join('\n'),
  );
  const env = {
    ...services,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_GATEWAY_PORT: '0',
    ASYA_CONFIG_PATH: path,
    TEST_STEP_PREFIX: broker.exchange,
  };
  const config = readConfig(env);
  const tools = new ToolSource({ path, log });
  const gateway = createGateway({
    access: null,
    config,
    tools,
    version: '1.2.3',
    log,
    onFatal: () => {},
  });
  await gateway.start();
  return {
    gateway,
    env,
    broker,
    directory,
    async close() {
      await gateway.stop();
      await rm(directory, { recursive: true });
    },
  };
}

async function call({ gateway }: Place, name: string, args: object = {}): Promise<string> {
  const response = await fetch(`${gateway.url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, arguments: args }),
  });
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

/** A job's updates, up to one that matches. Without a pattern: all of them, once it is over. */
async function history({ gateway }: Place, id: string, until?: RegExp): Promise<SeenUpdate[]> {
  const stream = await fetch(`${gateway.url}/jobs/${id}/stream`);
  const updates: SeenUpdate[] = [];
  for await (const { event, data } of readEvents(stream)) {
    if (event !== 'update') continue;
    const update = JSON.parse(data ?? '') as SeenUpdate;
    updates.push(update);
    if (until?.test(update.message) === true) break;
  }
  return updates;
}

async function finished(place: Place, id: string): Promise<SeenJob> {
  await history(place, id);
  return (await (await fetch(`${place.gateway.url}/jobs/${id}`)).json()) as SeenJob;
}

const places: Place[] = [];
let database: TestDatabase;

/** What the tests of this file have running. */
const groups = new Set<RunningActors>();
const processes = new Set<AsyaProcess>();

async function run({ gateway }: Place, ...actors: Actor[]): Promise<void> {
  groups.add(await runActors(actors, await gateway.connectActors(), { log }));
}

beforeAll(async () => {
  database = await createDatabase();
  places.push(await open({ ASYA_RABBITMQ_URL: 'memory:' }, new ScratchBroker()));
  const broker = new ScratchBroker();
  const services = { ASYA_DATABASE_URL: database.url, ASYA_RABBITMQ_URL: broker.url };
  places.push(await open(services, broker));
});

afterEach(async () => {
  await Promise.all([...groups].map((group) => group.close()));
  await Promise.all([...processes].filter(({ running }) => running).map((one) => one.kill()));
  groups.clear();
  processes.clear();
});

afterAll(async () => {
  for (const place of places) await place.close();
  await places[1]?.broker.remove();
  await database.drop();
});

describe.each([
  ['in memory', 0],
  ['with PostgreSQL and RabbitMQ', 1],
])('a tool with retry, %s', (_, index) => {
  let place: Place;

  beforeAll(() => {
    const opened = places[index];
    if (opened === undefined) throw new Error('the gateway did not start');
    place = opened;
  });

  const stepOf = (name: string): string => `${place.broker.exchange}-${name}`;

  test('an actor that fails twice and then succeeds makes one job that succeeds', async () => {
    let first = 0;
    let second = 0;
    await run(
      place,
      actor(stepOf('first'), () => ++first),
      actor(stepOf('shaky'), (n: number) => {
        if (++second < attempts) throw new Error(`broken for the ${second}. time`);
        return { n };
      }),
    );
    const id = await call(place, 'shaky');
    expect(await finished(place, id)).toMatchObject({
      status: 'Succeeded',
      result: { n: attempts },
      attempt: attempts,
      max_attempts: attempts,
      error: null,
    });
    // Each attempt begins at the first step.
    expect([first, second]).toEqual([attempts, attempts]);
    const updates = await history(place, id);
    const messages = updates.map(({ message }) => message);
    const told = messages.filter((message) => message.startsWith('Attempt'));
    expect(told).toEqual([
      'Attempt 1 of 3 failed (ActorError: broken for the 1. time); the next begins in 0 s',
      'Attempt 2 of 3 failed (ActorError: broken for the 2. time); the next begins in 0 s',
    ]);
    expect(updates.filter(({ status }) => status === 'Failed')).toEqual([]);
    expect(updates.at(-1)).toMatchObject({ status: 'Succeeded' });
  });

  test('an actor that always fails gets a message for each attempt, and no more', async () => {
    let calls = 0;
    await run(
      place,
      actor(stepOf('first'), () => ({})),
      actor(stepOf('shaky'), () => {
        throw new Error(`broken for the ${++calls}. time`);
      }),
    );
    const id = await call(place, 'shaky');
    expect(await finished(place, id)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: 'broken for the 3. time',
      attempt: attempts,
    });
    // A fourth message would stand before that of a job that is called now.
    const next = await call(place, 'shaky');
    expect(await finished(place, next)).toMatchObject({ error: 'broken for the 6. time' });
    expect(calls).toBe(2 * attempts);
  });
});

describe('an actor that dies', () => {
  test('in this process, loses its heartbeat, and another does the work', async () => {
    const [place] = places;
    if (place === undefined) throw new Error('the gateway did not start');
    const step = `${place.broker.exchange}-patient`;
    const over = Promise.withResolvers<string>();
    // It never beats, so nobody can tell it from one that died.
    await run(
      place,
      actor(step, () => over.promise, { heartbeatMs: 600_000 }),
    );
    const id = await call(place, 'patient');
    await history(place, id, /HeartbeatLost/);
    await run(
      place,
      actor(step, () => 'done by another'),
    );
    expect(await finished(place, id)).toMatchObject({
      status: 'Succeeded',
      result: 'done by another',
      attempt: 2,
    });
    over.resolve('too late');
  });

  test('as a process, is replaced, and the work of its attempt is not done again', async () => {
    const [, place] = places;
    if (place === undefined) throw new Error('the gateway did not start');
    const actorsFile = fileURLToPath(new URL('../support/worker-actors.ts', import.meta.url));
    const step = `${place.broker.exchange}-patient`;
    const start = async (): Promise<AsyaProcess> => {
      const started = await startActors(actorsFile, place.env, [step]);
      processes.add(started);
      return started;
    };
    const first = await start();
    const gate = join(place.directory, 'gate');
    const id = await call(place, 'patient', { gate });
    await first.says(/at work/);
    await first.kill();
    await history(place, id, /HeartbeatLost/);
    await writeFile(gate, '');
    // RabbitMQ has the message of the first attempt again, and gets that of the second.
    const second = await start();
    expect(await finished(place, id)).toMatchObject({ status: 'Succeeded', attempt: 2 });
    const next = await call(place, 'patient');
    expect(await finished(place, next)).toMatchObject({ status: 'Succeeded', attempt: 1 });
    const worked = second.output.split('\n').filter((line) => line.includes('at work'));
    expect(worked.map((line) => (JSON.parse(line) as { jobId: string }).jobId)).toEqual([id, next]);
  });
});
