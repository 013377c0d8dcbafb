import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from 'rabbitmq-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, startGateway, type AsyaProcess } from '../support/processes.ts';
import { replaceFile } from '../support/replace-file.ts';
import { scrape, type Scrape } from '../support/scrape.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents } from '../support/clients/sse-client.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/*
 * What a gateway process on PostgreSQL and RabbitMQ tells Prometheus of what was done with it.
 */

const actorsFile = join(import.meta.dirname, '../support/pipeline-actors.ts');

let database: TestDatabase;
let postgres: TcpProxy;
let broker: ScratchBroker;
let directory: string;
let tools: string;
let env: Record<string, string>;
let actors: AsyaProcess;
let gateway: AsyaProcess;
let url: string;
let metricsUrl: string;

beforeAll(async () => {
  database = await createDatabase();
  postgres = await TcpProxy.to(database.url);
  broker = new ScratchBroker();
  directory = await mkdtemp(join(tmpdir(), 'asya-metrics-'));
  tools = join(directory, 'tools.yaml');
  env = {
    ASYA_DATABASE_URL: postgres.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    ASYA_METRICS_PORT: '0',
    ASYA_UNROUTABLE_GRACE: '0',
    ASYA_SECRET: 'shared by the replicas',
    TEST_STEP_PREFIX: broker.exchange,
  };
  actors = await startActors(actorsFile, env);
});

beforeEach(async () => {
  const route = ['first', 'second', 'third'].map((step) => broker.step(step)).join(', ');
  const parameters = '{ ms: { type: integer, default: 0 } }';
  await writeFile(
    tools,
    [
      'tools:',
      `  - { name: pipeline, description: d, parameters: ${parameters}, route: [${route}] }`,
      `  - { name: lost, description: d, route: [${broker.exchange}-nowhere] }`,
    ].join('\n'),
  );
  ({ url, process: gateway } = await startGateway(env));
  [, metricsUrl = ''] = await gateway.says(/"metrics at (http[^"]+)"/);
});

afterEach(async () => {
  await gateway.kill();
});

afterAll(async () => {
  await actors.kill();
  await postgres.refuse();
  await broker.remove();
  await database.drop();
  await rm(directory, { recursive: true });
});

function call(name: string, parameters: object = {}, headers: object = {}): Promise<Response> {
  return fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ name, arguments: parameters }),
  });
}

async function jobOf(response: Response): Promise<string> {
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

function scraped(): Promise<Scrape> {
  return scrape(metricsUrl);
}

test('a call is seen from its creation to its end', async () => {
  const response = await call('pipeline', { ms: 1 }, { prefer: 'wait=100' });
  expect(await response.json()).toMatchObject({ structuredContent: { trail: expect.anything() } });
  const metrics = await scraped();
  expect(metrics.value('asya_jobs_created_total', { tool: 'pipeline' })).toBe(1);
  const ended = { tool: 'pipeline', status: 'Succeeded', reason: '' };
  expect(metrics.value('asya_jobs_ended_total', ended)).toBe(1);
  expect(metrics.value('asya_job_seconds_count', { tool: 'pipeline' })).toBe(1);
  expect(metrics.value('asya_job_seconds_sum', { tool: 'pipeline' })).toBeGreaterThan(0);
  expect(metrics.value('asya_publish_seconds_count', { outcome: 'confirmed' })).toBe(1);
  expect(metrics.value('asya_publish_seconds_count', { outcome: 'refused' })).toBe(0);
  expect(metrics.value('asya_events_total', { type: 'succeeded', outcome: 'applied' })).toBe(1);
  const taken = { queue: `${broker.exchange}.reports`, fate: 'applied' };
  expect(metrics.value('asya_reports_total', taken)).toBeGreaterThan(1);
  expect(metrics.value('asya_store_batch_size_count', { operation: 'create' })).toBe(1);
  expect(metrics.value('asya_store_seconds_count', { operation: 'apply' })).toBeGreaterThan(1);
  const answered = { method: 'POST', route: '/tools/call', status: '200' };
  expect(metrics.value('asya_http_requests_total', answered)).toBe(1);
  expect(metrics.value('asya_http_request_seconds_count', { route: '/tools/call' })).toBe(1);
  expect(metrics.value('asya_outbox_jobs')).toBe(0);
  expect(metrics.value('asya_outbox_oldest_seconds')).toBe(0);
  expect(metrics.value('asya_dependency_up', { dependency: 'database' })).toBe(1);
  expect(metrics.value('asya_dependency_up', { dependency: 'broker' })).toBe(1);
  expect(metrics.value('asya_tools')).toBe(2);
  expect(metrics.value('asya_tools_files_usable')).toBe(1);
  expect(metrics.value('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(metrics.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
});

test('a job that no queue takes is counted with its reason', async () => {
  const id = await jobOf(await call('lost'));
  for await (const _ of readEvents(await fetch(`${url}/jobs/${id}/stream`)));
  const ended = { tool: 'lost', status: 'Failed', reason: 'Unroutable' };
  // Others see what was committed before the gateway is told of it.
  await expect.poll(async () => (await scraped()).value('asya_jobs_ended_total', ended)).toBe(1);
  const metrics = await scraped();
  expect(
    metrics.value('asya_publish_seconds_count', { outcome: 'unroutable' }),
  ).toBeGreaterThanOrEqual(1);
});

test('a report that nobody can read is counted as a dead letter', async () => {
  const connection = new Connection(broker.url);
  const publisher = connection.createPublisher({ confirm: true });
  await publisher.send(`${broker.exchange}.reports`, { type: 'nonsense' });
  await publisher.close();
  await connection.close();
  const labels = { queue: `${broker.exchange}.reports`, fate: 'dead-lettered' };
  await expect.poll(async () => (await scraped()).value('asya_reports_total', labels)).toBe(1);
});

test('open streams are counted, and left out of the times of answers', async () => {
  const id = await jobOf(await call('pipeline', { ms: 600_000 }));
  const leaving = new AbortController();
  const stream = await fetch(`${url}/jobs/${id}/stream`, { signal: leaving.signal });
  expect((await scraped()).value('asya_sse_streams')).toBe(1);
  leaving.abort();
  await stream.text().catch(() => {});
  await expect.poll(async () => (await scraped()).value('asya_sse_streams')).toBe(0);
  const metrics = await scraped();
  const route = '/jobs/:id/stream';
  expect(metrics.value('asya_http_requests_total', { method: 'GET', route, status: '200' })).toBe(
    1,
  );
  expect(metrics.value('asya_http_request_seconds_count', { route })).toBeUndefined();
  await fetch(`${url}/jobs/${id}`, { method: 'DELETE' });
});

test('a client that leaves before its answer is a 499', async () => {
  const leaving = new AbortController();
  const waiting = fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=600' },
    body: JSON.stringify({ name: 'pipeline', arguments: { ms: 600_000 } }),
    signal: leaving.signal,
  });
  const made = async () => (await scraped()).value('asya_jobs_created_total', { tool: 'pipeline' });
  const leave = async (): Promise<void> => {
    await expect.poll(made).toBe(1);
    leaving.abort();
  };
  await Promise.all([leave(), expect(waiting).rejects.toThrow(/abort/i)]);
  const labels = { method: 'POST', route: '/tools/call', status: '499' };
  await expect
    .poll(async () => (await scraped()).value('asya_http_requests_total', labels))
    .toBe(1);
  const { jobs } = (await (await fetch(`${url}/jobs?limit=1`)).json()) as {
    jobs: { id: string }[];
  };
  await fetch(`${url}/jobs/${jobs[0]?.id}`, { method: 'DELETE' });
});

test('no label holds what callers send: neither ids nor paths nor names', async () => {
  const id = await jobOf(await call('pipeline', {}, { prefer: 'wait=100' }));
  const odd = createHash('sha256').update('odd').digest('hex');
  await fetch(`${url}/${odd}?${odd}`);
  await fetch(`${url}/jobs/${odd}`);
  await fetch(`${url}/jobs/${id}/active`);
  await call(odd);
  await call('pipeline', { [odd]: odd });
  const { text } = await scraped();
  expect(text).toContain('route="unmatched"');
  expect(text).toContain('route="/jobs/:id/active"');
  expect(text).not.toContain(odd);
  expect(text).not.toContain(id);
});

test('while PostgreSQL is away a scrape is answered, and says so', async () => {
  await postgres.refuse();
  await expect
    .poll(async () => (await scraped()).value('asya_dependency_up', { dependency: 'database' }))
    .toBe(0);
  const metrics = await scraped();
  expect(metrics.value('asya_dependency_up', { dependency: 'broker' })).toBe(1);
  expect(metrics.value('asya_outbox_jobs')).toBeNaN();
  await postgres.accept();
  await expect.poll(async () => (await scraped()).value('asya_outbox_jobs')).toBe(0);
});

test('tools files that cannot be used are told until they can', async () => {
  const right = await readFile(tools, 'utf8');
  await replaceFile(tools, 'tools: [{ name: broken }]');
  const usable = async () => (await scraped()).value('asya_tools_files_usable');
  await expect.poll(usable).toBe(0);
  expect((await scraped()).value('asya_tools')).toBe(2);
  await replaceFile(tools, right);
  await expect.poll(usable).toBe(1);
});

test('are served on their own port alone, for GET alone', async () => {
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(new URL('/jobs', metricsUrl))).status).toBe(404);
  expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(405);
  const page = await fetch(metricsUrl, { headers: { origin: 'https://elsewhere.example' } });
  expect(page.status).toBe(403);
  const { headers } = await fetch(metricsUrl);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('a port that is taken stops the start with the name of its variable', async () => {
  const taken = new URL(metricsUrl).port;
  const second = startGateway({ ...env, ASYA_METRICS_PORT: taken });
  await expect(second).rejects.toThrow(`ASYA_METRICS_PORT: port ${taken} at 127.0.0.1 is taken`);
});
