import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, pathOf } from '../../scripts/deploy-tools/tool.ts';
import { outputOf } from '../support/child.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { ContainerProcess } from './support/container-process.ts';
import { readDockerfile, type Stage } from './support/dockerfile.ts';
import { buildImage, type Image } from './support/image.ts';

/*
 * deploy/compose.yaml, read as `docker compose` reads it, and its services' commands as processes.
 */

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const composePath = pathOf(compose);

interface ComposeService {
  readonly build?: { readonly context: string; readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number }[];
  readonly volumes?: readonly { readonly source: string; readonly target: string }[];
}

describe.skipIf(composePath === null)('deploy/compose.yaml', () => {
  let services: Readonly<Record<string, ComposeService>>;
  let stages: readonly Stage[];
  let image: Image;
  let database: TestDatabase;
  let broker: ScratchBroker;
  const processes: ContainerProcess[] = [];

  beforeAll(async () => {
    const config = await outputOf(composePath ?? '', ['-format=json', 'compose.yaml'], {
      cwd: deploy,
    });
    ({ services } = JSON.parse(config) as { services: Record<string, ComposeService> });
    stages = readDockerfile(await readFile(`${deploy}Dockerfile`, 'utf8'));
    image = await buildImage();
    database = await createEmptyDatabase();
    broker = new ScratchBroker();
  });

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.kill()));
    await removeExampleQueues(broker.url);
    await broker.remove();
    await database.drop();
    await image.remove();
  });

  /** Its command, in its environment but for where things are on this machine. */
  function start(name: string, directory: string, env: Record<string, string>): ContainerProcess {
    const { build, command, environment } = service(name);
    const stage = stages.find((stage) => stage.name === build?.target);
    const process = new ContainerProcess({
      command: [...(stage?.entrypoint ?? []), ...(command ?? stage?.command ?? [])],
      env: { ...stage?.env, ...environment, ...env },
      directory,
    });
    processes.push(process);
    return process;
  }

  function service(name: string): ComposeService {
    const found = services[name];
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  }

  test('publishes nothing but the gateway, on loopback', () => {
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(ports).toMatchObject([{ host_ip: '127.0.0.1', target: 8080 }]);
  });

  test('waits for services that tell when they are there', () => {
    const needs = Object.values(services).flatMap(({ depends_on: needed = {} }) =>
      Object.entries(needed),
    );
    const healthy = needs.filter(([, { condition }]) => condition === 'service_healthy');
    expect(healthy.length).toBeGreaterThan(0);
    for (const [name] of healthy) expect(service(name)).toHaveProperty('healthcheck.test');
  });

  test('migrates, serves and acts: a tool of the examples gives its result', async () => {
    const [tools] = service('gateway').volumes ?? [];
    expect(tools).toMatchObject({ target: service('gateway').environment?.['ASYA_CONFIG_PATH'] });
    const onThisMachine = {
      ASYA_DATABASE_URL: database.url,
      ASYA_RABBITMQ_URL: broker.url,
      ASYA_RABBITMQ_EXCHANGE: broker.exchange,
      ASYA_GATEWAY_HOST: '127.0.0.1',
      ASYA_GATEWAY_PORT: '0',
      ASYA_METRICS_PORT: '0',
      // Compose resolves paths against the file's directory; its loader alone, against its own.
      ASYA_CONFIG_PATH: `${root}examples`,
    };
    const migrated = await start('migrations', `${root}db`, onThisMachine).ended;
    expect(migrated).toMatchObject({ code: 0 });

    const actors = start('actors', image.directory, onThisMachine);
    const gateway = start('gateway', image.directory, onThisMachine);
    const [, url = ''] = await gateway.says(/"listening on (http[^"]+)"/);
    await actors.says(/actors are waiting for work/);

    const response = await fetch(`${url}/tools/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=100' },
      body: JSON.stringify({ name: 'word_count', arguments: { text: 'one two two' } }),
    });
    expect(await response.json()).toMatchObject({ structuredContent: { words: 3 } });

    const [, ...check] = service('gateway').healthcheck?.test ?? [];
    const command = check.map((part) => part.replace('http://127.0.0.1:8080', url));
    const healthy = new ContainerProcess({ command, env: {}, directory: root });
    expect(await healthy.ended).toMatchObject({ code: 0 });
    gateway.terminate();
    expect(await gateway.ended).toMatchObject({ code: 0 });
    const unhealthy = new ContainerProcess({ command, env: {}, directory: root });
    expect((await unhealthy.ended).code).not.toBe(0);
  });
});

/** Their names are the examples' own: whoever else uses them now keeps them. */
async function removeExampleQueues(url: string): Promise<void> {
  const connection = new Connection(url);
  for (const queue of ['count-words', 'lay-out', 'set-type', 'frame', 'break-down']) {
    await connection.queueDelete({ queue, ifUnused: true, ifEmpty: true }).catch(() => {});
  }
  await connection.close();
}
