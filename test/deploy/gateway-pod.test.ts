import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, type AsyaProcess } from '../support/processes.ts';
import { scrape } from '../support/scrape.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents } from '../support/clients/sse-client.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { noHelm, render } from './support/chart.ts';
import type { ContainerProcess } from './support/container-process.ts';
import { buildImage, type Image } from './support/image.ts';
import { dataOf, find, type KubernetesObject } from './support/objects.ts';
import { ask, Pod } from './support/pod.ts';

/*
 * The gateway's pod as the chart renders it: its command, environment, volumes and probes, with what
 * the image holds, on real PostgreSQL and RabbitMQ.
 */

interface MonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly endpoints: readonly { readonly port: string; readonly path: string }[];
}

interface ServiceSpec {
  readonly clusterIP?: string;
  readonly publishNotReadyAddresses?: boolean;
  readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
}

const noIPv6 = !Object.values(networkInterfaces())
  .flat()
  .some((found) => found?.address === '::1');

const actorsFile = fileURLToPath(new URL('../support/pipeline-actors.ts', import.meta.url));

describe.skipIf(noHelm)("the gateway's pod", () => {
  let image: Image;
  let database: TestDatabase;
  let broker: ScratchBroker;
  let rabbitmq: TcpProxy;
  let objects: KubernetesObject[];
  let pod: Pod;
  let gateway: ContainerProcess;
  let url: string;
  let actors: AsyaProcess | null = null;

  beforeAll(async () => {
    image = await buildImage();
    database = await createDatabase();
    broker = new ScratchBroker();
    rabbitmq = await TcpProxy.to(broker.url);
    const route = ['first', 'second', 'third'].map((step) => broker.step(step));
    const parameters = { ms: { type: 'integer', default: 0 } };
    objects = await render({
      postgresql: { enabled: false },
      database: { url: database.url },
      rabbitmq: { url: rabbitmq.url, exchange: broker.exchange },
      tools: {
        files: {
          'tools.yaml': { tools: [{ name: 'pipeline', description: 'd', parameters, route }] },
        },
      },
      metrics: { serviceMonitor: { enabled: true } },
      tests: { tool: 'pipeline', arguments: { ms: 20 } },
    });
  });

  beforeEach(async () => {
    pod = await Pod.of(find(objects, 'Deployment', 'asya-gateway'), {
      objects,
      directory: image.directory,
      // A pod has an address of its own; here it is loopback, and any free port.
      env: {
        ASYA_GATEWAY_HOST: '127.0.0.1',
        ASYA_GATEWAY_PORT: '0',
        ASYA_METRICS_PORT: '0',
        ASYA_ACTOR_PORT: '0',
      },
    });
    gateway = pod.start('gateway');
    const [, found = ''] = await gateway.says(/"listening on (http[^"]+)"/);
    url = found;
  });

  afterEach(async () => {
    await actors?.kill();
    actors = null;
    await pod[Symbol.asyncDispose]();
  });

  afterAll(async () => {
    await rabbitmq.refuse();
    await broker.remove();
    await database.drop();
    await image.remove();
  });

  async function startPipeline(): Promise<void> {
    actors = await startActors(actorsFile, {
      ASYA_RABBITMQ_URL: broker.url,
      ASYA_RABBITMQ_EXCHANGE: broker.exchange,
      TEST_STEP_PREFIX: broker.exchange,
    });
  }

  async function probes(): Promise<(number | null)[]> {
    const { startupProbe, livenessProbe, readinessProbe } = pod.container('gateway');
    return Promise.all(
      [startupProbe, livenessProbe, readinessProbe].map((probe) => ask(probe, url)),
    );
  }

  test('starts: every probe passes once it listens', async () => {
    expect(await probes()).toEqual([200, 200, 200]);
  });

  test.skipIf(noIPv6)('listens where the values say: probes of an IPv6 pod pass', async () => {
    const values = { config: { host: '::' }, rabbitmq: { url: 'amqp://guest:guest@[::1]:1/' } };
    const rendered = await render({ ...values, examples: { enabled: true } });
    await using other = await Pod.of(find(rendered, 'Deployment', 'asya-gateway'), {
      objects: rendered,
      directory: image.directory,
      env: {
        ASYA_DATABASE_URL: '',
        ASYA_GATEWAY_PORT: '0',
        ASYA_METRICS_PORT: '0',
        ASYA_ACTOR_PORT: '0',
      },
    });
    const [, port = ''] = await other.start('gateway').says(/"listening on http:\/\/\[::\]:(\d+)/);
    const { livenessProbe } = other.container('gateway');
    for (const address of ['[::1]', '127.0.0.1']) {
      expect(await ask(livenessProbe, `http://${address}:${port}`)).toBe(200);
    }
  });

  test('without RabbitMQ it is alive and not ready, until RabbitMQ is back', async () => {
    await rabbitmq.refuse();
    await expect.poll(probes).toEqual([200, 200, 503]);
    await rabbitmq.accept();
    await expect.poll(probes).toEqual([200, 200, 200]);
  });

  test('is scraped as its monitor says, ready or not', async () => {
    const [, address = ''] = await gateway.says(/"metrics at (http:\/\/[^/"]+)/);
    const monitor = find(objects, 'ServiceMonitor').spec as MonitorSpec;
    const [endpoint] = monitor.endpoints;
    const service = find(objects, 'Service', 'asya-gateway-metrics');
    expect(service.metadata.labels).toMatchObject(monitor.selector.matchLabels);
    const { ports, ...spec } = service.spec as ServiceSpec;
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    const port = ports.find(({ name }) => name === endpoint?.port);
    const container = pod.container('gateway').ports?.find(({ name }) => name === port?.targetPort);
    expect(String(container?.containerPort)).toBe(
      pod.environmentOf('gateway')['ASYA_METRICS_PORT'],
    );

    await rabbitmq.refuse();
    const up = async () =>
      (await scrape(address + (endpoint?.path ?? ''))).value('asya_dependency_up', {
        dependency: 'broker',
      });
    await expect.poll(up).toBe(0);
    await rabbitmq.accept();
    await expect.poll(up).toBe(1);
  });

  test("passes the chart's test, which calls a tool", async () => {
    await startPipeline();
    await using tester = await Pod.of(find(objects, 'Pod'), {
      objects,
      directory: image.directory,
      env: { GATEWAY_URL: url },
    });
    const { code, output } = await tester.start('call').ended;
    expect(output).toMatch(/^ready\ntools: pipeline,.*\npipeline: .*"trail":\["first"/s);
    expect(code).toBe(0);
  });

  test("fails the chart's test where no actor gives a result", async () => {
    await using tester = await Pod.of(find(objects, 'Pod'), {
      objects,
      directory: image.directory,
      env: { GATEWAY_URL: url, WAIT_SECONDS: '1' },
    });
    const { code, output } = await tester.start('call').ended;
    expect(output).toContain('no result within 1 s');
    expect(code).toBe(1);
  });

  test('drains on SIGTERM: streams end, nothing new comes in, it ends by itself', async () => {
    await startPipeline();
    // The key that the chart generated.
    const key = dataOf(objects, 'Secret', 'asya-gateway-access', 'key');
    const credential = { authorization: `Bearer ${key}` };
    const call = await fetch(`${url}/tools/call`, {
      method: 'POST',
      headers: { ...credential, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'pipeline', arguments: { ms: 600_000 } }),
    });
    const { structuredContent } = (await call.json()) as { structuredContent: { job_id: string } };
    const stream = await fetch(`${url}/jobs/${structuredContent.job_id}/stream`, {
      headers: credential,
    });
    // Leaves a connection behind that is kept for the next request.
    expect(await probes()).toEqual([200, 200, 200]);

    let told = false;
    for await (const { event } of readEvents(stream)) {
      if (event !== 'update' || told) continue;
      told = true;
      gateway.terminate();
    }
    const [, , readiness] = await probes();
    expect([null, 503]).toContain(readiness);
    // One that has not stopped after 10 s ends itself with code 1; the pod's time is longer.
    expect(await gateway.ended).toMatchObject({ code: 0 });
    expect(await probes()).toEqual([null, null, null]);
  });
});
