import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PostgresJobStore } from '../../src/postgres/job-store.ts';
import { Pool } from '../../src/postgres/pool.ts';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { aJob } from '../support/jobs.ts';
import {
  AsyaProcess,
  startActors,
  startGateway,
  type RunningGateway,
} from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents, type ReceivedEvent } from '../support/clients/sse-client.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/*
 * The gateway and its actors as processes, on PostgreSQL and RabbitMQ, killed as processes die.
 */

const actorsFile = fileURLToPath(new URL('../support/pipeline-actors.ts', import.meta.url));

let database: TestDatabase;
let sql: postgres.Sql;
let broker: ScratchBroker;
let directory: string;
let env: Record<string, string>;
let steps: string[];
const running = new Set<AsyaProcess>();

beforeAll(async () => {
  database = await createDatabase();
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
  broker = new ScratchBroker();
  steps = ['first', 'second', 'third'].map((step) => broker.step(step));
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const tools = join(directory, 'tools.yaml');
  const parameters = '{ ms: { type: integer, default: 0 } }';
  const nowhere = `${broker.exchange}-nowhere`;
  await writeFile(
    tools,
    [
      'tools:',
      `  - { name: pipeline, description: d, parameters: ${parameters}, progress: true, route: [${steps.join(', ')}] }`,
      `  - { name: hurried, description: d, parameters: ${parameters}, timeout: 2, route: [${steps.join(', ')}] }`,
      `  - { name: watched, description: d, parameters: ${parameters}, heartbeat_timeout: 1, route: [${steps.join(', ')}] }`,
      `  - { name: lost, description: d, route: [${nowhere}] }`,
    ].join('\n'),
  );
  env = {
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    ASYA_SECRET: 'shared by the replicas',
    TEST_STEP_PREFIX: broker.exchange,
  };
});

afterEach(async () => {
  await Promise.all([...running].filter((process) => process.running).map((p) => p.kill()));
  running.clear();
});

afterAll(async () => {
  await sql.end();
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

async function gateway(overrides: Record<string, string> = {}): Promise<RunningGateway> {
  const started = await startGateway({ ...env, ...overrides });
  running.add(started.process);
  return started;
}

async function actors(only: string[] = []): Promise<AsyaProcess> {
  const started = await startActors(actorsFile, env, only);
  running.add(started);
  return started;
}

/** Calls a tool, and returns the job's id. */
async function call(url: string, name: string, args: object = {}): Promise<string> {
  const response = await fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, arguments: args }),
  });
  expect(response.status).toBe(200);
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

async function job(url: string, id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/jobs/${id}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

function stream(url: string, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/jobs/${id}/stream`, { headers });
}

/** The updates of a stream up to its end. */
async function updates(response: Response): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for await (const event of readEvents(response)) if (event.event === 'update') events.push(event);
  return events;
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe('a pipeline of three steps on two replicas', () => {
  test('its job finishes, with a gapless stream, its row and its history', async () => {
    const [one, two] = await Promise.all([gateway(), gateway(), actors()]);
    const id = await call(one.url, 'pipeline', { ms: 200 });
    const events = await updates(await stream(two.url, id));

    const datas = events.map(({ data }) => JSON.parse(data ?? '') as Record<string, unknown>);
    expect(events.map((event) => event.id)).toEqual(numbered(1, events.length));
    expect(datas[0]).toMatchObject({ job_id: id, seq: 1, status: 'Pending' });
    expect(datas.at(-1)).toMatchObject({
      status: 'Succeeded',
      progress_percent: 100,
      result: { ms: 200, trail: ['first', 'second', 'third'] },
    });
    expect(datas.map(({ message }) => message)).toContain('second is at work');

    expect(await job(one.url, id)).toMatchObject({
      status: 'Succeeded',
      tool: 'pipeline',
      result: { ms: 200, trail: ['first', 'second', 'third'] },
      steps_completed: 3,
      total_steps: 3,
    });
    const [row] =
      await sql`SELECT status, seq, dispatched_at, finished_at FROM jobs WHERE id = ${id}`;
    expect(row).toMatchObject({ status: 'Succeeded', seq: events.length });
    expect(row?.['dispatched_at']).not.toBeNull();
    const history = await sql`SELECT seq FROM job_updates WHERE job_id = ${id} ORDER BY seq`;
    expect(history.map(({ seq }) => String(seq))).toEqual(numbered(1, events.length));
  });

  test('invariant 4: a stream cut in the middle goes on at the other replica where it stopped', async () => {
    const [one, two] = await Promise.all([gateway(), gateway(), actors()]);
    const id = await call(one.url, 'pipeline', { ms: 150 });
    const seen: string[] = [];
    const first = await stream(one.url, id);
    for await (const { id: seq } of readEvents(first)) {
      if (seq !== null) seen.push(seq);
      // Leaving the loop cuts the connection.
      if (seen.length === 4) break;
    }
    await one.process.kill();
    const rest = await updates(await stream(two.url, id, { 'last-event-id': seen.at(-1) ?? '' }));
    const all = [...seen, ...rest.map((event) => event.id)];
    expect(all).toEqual(numbered(1, all.length));
    expect(rest.at(-1)?.data).toContain('"Succeeded"');
  });
});

describe('processes that die', () => {
  test('invariant 2: both gateways killed after the call, one started again: the job finishes', async () => {
    const [one, two] = await Promise.all([gateway(), gateway()]);
    const ids = await Promise.all(
      [one, two, one, two].map(({ url }) => call(url, 'pipeline', { ms: 5 })),
    );
    await Promise.all([one.process.kill(), two.process.kill()]);
    const [again] = await Promise.all([gateway(), actors()]);
    for (const id of ids) {
      const events = await updates(await stream(again.url, id));
      expect(events.at(-1)?.data).toContain('"Succeeded"');
    }
  });

  test('invariant 2: a job committed by a gateway that died before it published is published by another', async () => {
    const [alive] = await Promise.all([gateway(), actors()]);
    const orphan = aJob({
      createdAt: Date.now(),
      route: { steps, current: 0, metadata: {} },
      payload: { ms: 5 },
    });
    const pool = new Pool({ url: database.url, maxConnections: 2 });
    await new PostgresJobStore(pool).create([orphan], Date.now());
    await pool.close();
    const events = await updates(await stream(alive.url, orphan.id));
    expect(events.at(-1)?.data).toContain('"Succeeded"');
  });

  test('invariant 5: a deadline fires though the gateway that made the job is gone', async () => {
    const [one, two] = await Promise.all([gateway(), gateway()]);
    const id = await call(one.url, 'hurried');
    await one.process.kill();
    await updates(await stream(two.url, id));
    const ended = await job(two.url, id);
    expect(ended).toMatchObject({
      status: 'Failed',
      reason: 'DeadlineExceeded',
      error: 'job timed out',
    });
    const late = Date.parse(String(ended['finished_at'])) - Date.parse(String(ended['deadline']));
    expect(late).toBeGreaterThanOrEqual(0);
    const active = await fetch(`${two.url}/jobs/${id}/active`);
    expect(active.status).toBe(410);
  });

  test('a lost heartbeat ends the job of an actor that was killed, on a replica that did not make it', async () => {
    const [one, two, worker] = await Promise.all([gateway(), gateway(), actors([steps[0] ?? ''])]);
    const id = await call(one.url, 'watched', { ms: 3_000 });
    for await (const { data } of readEvents(await stream(two.url, id))) {
      if (data?.includes('first is at work') === true) break;
    }
    await Promise.all([one.process.kill(), worker.kill()]);
    const events = await updates(await stream(two.url, id));
    expect(events.at(-1)?.data).toContain('"HeartbeatLost"');
    expect(await job(two.url, id)).toMatchObject({ status: 'Failed', reason: 'HeartbeatLost' });
  });

  test('SIGTERM ends open streams, which go on elsewhere, and the process with code 0', async () => {
    const [one, two] = await Promise.all([gateway(), gateway()]);
    const id = await call(one.url, 'pipeline');
    const seen: string[] = [];
    const open = await stream(one.url, id);
    const reading = (async () => {
      for await (const { id: seq } of readEvents(open)) if (seq !== null) seen.push(seq);
    })();
    // A connection on which nothing was asked yet, as browsers and load balancers keep them.
    const spare = connect(Number(new URL(one.url).port), '127.0.0.1');
    await once(spare, 'connect');
    const exit = await one.process.stop();
    await reading;
    // One that has not stopped after 10 s ends itself with code 1.
    expect(exit.code).toBe(0);
    await actors();
    const rest = await updates(await stream(two.url, id, { 'last-event-id': seen.at(-1) ?? '0' }));
    const all = [...seen, ...rest.map((event) => event.id)];
    expect(all).toEqual(numbered(1, all.length));
  });
});

describe('what is missing', () => {
  test('a message without a queue fails its job after the grace period, naming the step', async () => {
    const { url } = await gateway({ ASYA_UNROUTABLE_GRACE: '1' });
    const id = await call(url, 'lost');
    await updates(await stream(url, id));
    expect(await job(url, id)).toMatchObject({
      status: 'Failed',
      reason: 'Unroutable',
      error: `no queue is bound for step "${broker.exchange}-nowhere"`,
    });
  });

  test('invariant 8: a broker that is away is a 503 before anything is stored, and its return is noticed', async () => {
    const proxy = await TcpProxy.to(broker.url);
    const { url, process } = await gateway({ ASYA_RABBITMQ_URL: proxy.url });
    await proxy.refuse();
    await process.says(/publishing: not connected/);
    const [before] = await sql`SELECT count(*)::int AS jobs FROM jobs`;
    const refused = await fetch(`${url}/tools/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"pipeline"}',
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect(await refused.json()).toMatchObject({ code: 'broker_unavailable' });
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/broker/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const [after] = await sql`SELECT count(*)::int AS jobs FROM jobs`;
    expect(after).toEqual(before);

    await proxy.accept();
    await process.says(/publishing: not connected[^]*publishing: connected/);
    await expect.poll(async () => (await fetch(`${url}/ready`)).status).toBe(200);
    await call(url, 'pipeline');
    await process.stop();
    await proxy.refuse();
  });

  test('invariant 8: a database that is away at the start is waited for', async () => {
    const proxy = await TcpProxy.to(database.url);
    await proxy.refuse();
    const { url, process } = await gateway({ ASYA_DATABASE_URL: proxy.url });
    const refused = await fetch(`${url}/jobs/some-id`);
    expect(refused.status).toBe(503);
    expect(await (await fetch(`${url}/ready`)).text()).toMatch(/database/);
    await proxy.accept();
    await process.says(/"connected to PostgreSQL"/);
    expect((await fetch(`${url}/jobs/some-id`)).status).toBe(404);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    await process.stop();
    await proxy.refuse();
  });

  test('a database that is not deployed stops the start, with the command to run', async () => {
    const empty = await createEmptyDatabase();
    const { code, output } = await new AsyaProcess(['serve'], {
      ...env,
      ASYA_DATABASE_URL: empty.url,
    }).exited;
    expect(code).toBe(1);
    expect(output).toMatch(/not deployed[^]*sqitch deploy db:pg:\/\//);
    await empty.drop();
  });

  test('a broken tools file stops the start, with file, line and key', async () => {
    const broken = join(directory, 'broken.yaml');
    await writeFile(
      broken,
      'tools:\n  - name: t\n    description: d\n    route: nowhere\n    tiemout: 3\n',
    );
    const { code, output } = await new AsyaProcess(['serve', '--tools', broken], env).exited;
    expect(code).toBe(1);
    expect(output).toMatch(/broken\.yaml:4:\d+ tools\[0\]\.route/);
    expect(output).toMatch(/broken\.yaml:5:\d+ tools\[0\]\.tiemout/);
  });

  test('a bad variable or command stops the start with its name', async () => {
    const bad = await new AsyaProcess(['serve'], { ASYA_GATEWAY_PORT: 'eighty' }).exited;
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.output).toMatch(/^ASYA_GATEWAY_PORT: /);
    const unknown = await new AsyaProcess(['sevre'], {}).exited;
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.output).toMatch(/no command "sevre"/);
  });

  test('a port that is taken stops the start', async () => {
    const { url } = await gateway();
    const port = new URL(url).port;
    const { code, output } = await new AsyaProcess(['serve', '--port', port], env).exited;
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`port ${port}`));
  });
});
