import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { consumeEndQueues } from '../support/end-queues.ts';
import { startGateway, type RunningGateway } from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { Deployment, type Generation } from '../support/sidecar/deployment.ts';
import { readEvents } from '../support/clients/sse-client.ts';

/*
 * Actors of both generations of Asya, as they are, on a gateway process: with end actors that report
 * by HTTP, and with sidecars that know no gateway while it consumes the end queues itself.
 */

const routes = {
  single: ['upper'],
  pipeline: ['upper', 'count'],
  fanout: ['split', 'count'],
  'fanout-at-the-end': ['split'],
  skipped: ['upper', 'skip', 'count'],
  broken: ['upper', 'broken'],
  'broken-children': ['split', 'broken'],
  slow: ['slow'],
  extended: ['extend', 'count'],
} as const;

const kinds = ['first', 'second'].flatMap((generation) =>
  ['end actors', 'the gateway at the end queues'].map((ends) => ({ generation, ends })),
) as { generation: Generation; ends: string }[];

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
let gateway: RunningGateway;

const prefixOf = ({ generation, ends }: (typeof kinds)[number]): string =>
  `${generation}-${ends === 'end actors' ? 'http' : 'queue'}`;

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const tools = join(directory, 'tools.yaml');
  const lines = kinds.flatMap((kind) =>
    Object.entries(routes).map(([name, steps]) => {
      const prefix = prefixOf(kind);
      const route = steps.map((step) => `${broker.exchange}-${prefix}-${step}`).join(', ');
      return `  - { name: ${prefix}-${name}, description: d, parameters: { text: { type: string } }, timeout: 600, route: [${route}] }`;
    }),
  );
  await writeFile(tools, ['tools:', ...lines].join('\n'));
  gateway = await startGateway({
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    ASYA_SECRET: 'of this test, alone',
  });
});

afterAll(async () => {
  await gateway.process.stop();
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

async function json(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function call(tool: string): Promise<string> {
  const response = await fetch(`${gateway.url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: tool, arguments: { text: 'one three' } }),
  });
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

/** The updates of a job up to its last. */
async function history(id: string, kind = 'jobs'): Promise<Record<string, unknown>[]> {
  const updates: Record<string, unknown>[] = [];
  for await (const { event, data } of readEvents(
    await fetch(`${gateway.url}/${kind}/${id}/stream`),
  )) {
    if (event === 'update') updates.push(JSON.parse(data ?? ''));
  }
  return updates;
}

/** A job's children once there are so many, finished; oldest id first. */
async function children(id: string, count: number): Promise<Record<string, unknown>[]> {
  const list = async () => (await json(`/jobs?parent_id=${id}`))['jobs'] as { id: string }[];
  await expect.poll(list).toHaveLength(count);
  const ids = (await list()).map((child) => child.id).toSorted();
  for (const child of ids) await history(child);
  return Promise.all(ids.map((child) => json(`/jobs/${child}`)));
}

describe.each(kinds)('the $generation generation with $ends', (kind) => {
  const { generation } = kind;
  const prefix = prefixOf(kind);
  const reports = kind.ends === 'end actors';
  let actors: Deployment;
  let stopConsuming = async (): Promise<void> => {};

  beforeAll(async () => {
    const gatewayUrl = reports ? gateway.url : null;
    actors = new Deployment({ generation, broker, prefix, gatewayUrl });
    if (!reports) {
      const { happyEnd, errorEnd } = actors;
      for (const end of [happyEnd, errorEnd]) broker.remember(`asya-${end}`);
      const { url: rabbitmqUrl, exchange } = broker;
      const queues = { databaseUrl: database.url, rabbitmqUrl, exchange, happyEnd, errorEnd };
      stopConsuming = await consumeEndQueues(queues);
    }
    await actors.start();
  });
  afterAll(async () => {
    await actors.stop();
    await stopConsuming();
  });

  const run = async (tool: string): Promise<{ id: string; updates: Record<string, unknown>[] }> => {
    const id = await call(`${prefix}-${tool}`);
    return { id, updates: await history(id) };
  };

  const answers = (name: string, id: string): string[] =>
    actors.callsOf(name, id).map(({ request, status }) => `${request} ${status}`);

  test('a single step', async () => {
    const { id } = await run('single');
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Succeeded',
      result: { text: 'ONE THREE' },
      steps_completed: 1,
    });
  });

  test('a pipeline', async () => {
    const { id, updates } = await run('pipeline');
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Succeeded',
      result: { text: 'ONE THREE', length: 9 },
    });
    const percents = updates.map(({ progress_percent }) => progress_percent);
    expect(percents).toEqual(reports ? [0, 5, 25, 50, 55, 75, 99, 100] : [0, 100]);
  });

  test('a fan-out', async () => {
    const { id } = await run('fanout');
    const parent = await json(`/jobs/${id}`);
    expect(parent).toMatchObject({ status: 'Succeeded', result: { text: 'one', length: 3 } });
    if (generation === 'first') return;
    expect(await children(id, 1)).toMatchObject([
      {
        id: `${id}-1`,
        parent_id: id,
        tool: null,
        status: 'Succeeded',
        result: { text: 'three', length: 5 },
        deadline: parent['deadline'],
        total_steps: 2,
      },
    ]);
    if (reports) expect(answers(actors.step('split'), id)).toContain('POST /envelopes 201');
  });

  test.runIf(generation === 'first' && reports)(
    'the messages of a fan-out share one id: the first outcome stands',
    async () => {
      const { id } = await run('fanout');
      await expect
        .poll(() => answers(actors.happyEnd, id))
        .toEqual([`POST /jobs/${id}/final 200`, `POST /jobs/${id}/final 409`]);
      expect(await json(`/jobs/${id}`)).toMatchObject({ result: { text: 'one' } });
    },
  );

  test.runIf(generation === 'second')('a fan-out at the last step', async () => {
    const { id } = await run('fanout-at-the-end');
    expect(await json(`/jobs/${id}`)).toMatchObject({ result: { text: 'one' } });
    expect(await children(id, 1)).toMatchObject([
      { id: `${id}-1`, parent_id: id, status: 'Succeeded', result: { text: 'three' } },
    ]);
  });

  test.runIf(generation === 'second')('a fan-out whose children fail', async () => {
    const { id } = await run('broken-children');
    expect(await json(`/jobs/${id}`)).toMatchObject({ status: 'Failed' });
    expect(await children(id, 1)).toMatchObject([
      { status: 'Failed', reason: 'ActorError', error: 'processing_error: cannot read three' },
    ]);
  });

  test('a handler that returns nothing sends its message to the end as it came', async () => {
    const { id } = await run('skipped');
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Succeeded',
      result: { text: 'ONE THREE' },
    });
  });

  test('an error', async () => {
    const { id } = await run('broken');
    // The first generation's end actor drops the details.
    const detailed = generation === 'second' || !reports;
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: `processing_error${detailed ? ': cannot read ONE THREE' : ''}`,
      error_details: detailed ? { type: 'TypeError', message: 'cannot read ONE THREE' } : null,
    });
  });

  test('a timeout of the runtime', async () => {
    const { id } = await run('slow');
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Failed',
      error: expect.stringMatching(/timeout/),
    });
    if (generation === 'first') return;
    // Its process ends without an acknowledgement: the message comes again, to whoever is next.
    await expect.poll(() => broker.depth(`asya-${actors.step('slow')}`)).toBe(1);
  });

  test.runIf(generation === 'second')('a handler that adds a step to the route', async () => {
    const { id, updates } = await run('extended');
    const steps = ['extend', 'upper', 'count'].map((step) => actors.step(step));
    expect(await json(`/jobs/${id}`)).toMatchObject({
      status: 'Succeeded',
      result: { text: 'ONE THREE', length: 9 },
      ...(reports && { route: { steps }, total_steps: 3, steps_completed: 3 }),
    });
    const percents = updates.map(({ progress_percent }) => Math.floor(Number(progress_percent)));
    expect(percents).toEqual(reports ? [0, 5, 25, 33, 36, 50, 66, 70, 83, 99, 100] : [0, 100]);
  });

  test.runIf(reports)('every request is answered as its sender hopes, and said once', async () => {
    const { id } = await run('pipeline');
    const path = generation === 'first' ? `/jobs/${id}` : `/envelopes/${id}`;
    const names = [actors.step('upper'), actors.step('count'), actors.happyEnd];
    // The stream may end before the last answer arrives.
    await expect
      .poll(() => names.flatMap((name) => answers(name, id)))
      .toEqual([
        ...Array.from({ length: 6 }, () => `POST ${path}/progress 200`),
        `POST ${path}/final 200`,
      ]);
  });
});
