import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadActors } from '../../src/actor/load-actors.ts';
import { startActors, startGateway } from '../../test/support/processes.ts';
import { ScratchBroker } from '../../test/support/scratch-broker.ts';

const tools = fileURLToPath(new URL('../../test/conformance/tools.yaml', import.meta.url));
const actors = fileURLToPath(new URL('../../test/conformance/actors.ts', import.meta.url));

/** What the referee tests: a gateway and its actors as processes, with RabbitMQ between them. */
export interface Fixture extends AsyncDisposable {
  /** The MCP endpoint. */
  readonly url: string;
}

/** Jobs are kept in memory; queues of this run's own are on RabbitMQ until it is disposed of. */
export async function startFixture(): Promise<Fixture> {
  await using begun = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'conformance-tools-'));
  begun.defer(() => rm(directory, { recursive: true }));
  const broker = new ScratchBroker();
  begun.defer(() => broker.remove());

  await copyFile(tools, join(directory, 'tools.yaml'));
  const names = (await loadActors(actors)).map(({ step }) => step);
  const routes = Object.fromEntries(names.map((name) => [name, [broker.step(name)]]));
  // JSON is YAML, too.
  await writeFile(join(directory, 'routes.yaml'), JSON.stringify({ routes }));
  const env = {
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: directory,
    // A step without a queue is lost at once: the referee waits ten seconds for its job to fail.
    ASYA_UNROUTABLE_GRACE: '0',
    CONFORMANCE_STEP_PREFIX: broker.step(''),
  };
  const gateway = await startGateway(env);
  begun.defer(async () => void (await gateway.process.stop()));
  const workers = await startActors(actors, env);
  begun.defer(async () => void (await workers.kill()));

  const all = begun.move();
  return {
    url: `${gateway.url}/mcp`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
