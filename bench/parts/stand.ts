import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolName } from '../load/traffic.ts';
import { cpuTimes, type CpuTimes } from './cpu.ts';
import { createDatabase, ownSchema, type Database } from './database.ts';
import { listenerAt } from './listener.ts';
import { Queues } from './queues.ts';
import { startServer, type Server, type ServerCommand } from './server.ts';

/** The servers that all gateways are measured on. */
export interface Backends {
  /** A database whose role may create others. */
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
}

/** Another gateway, built from its sources; see docs/performance.md. */
export interface Peer {
  readonly binary: string;
  /** Its Sqitch project. */
  readonly schema: string;
}

/** A gateway with a database and an exchange of its own, and one tool. */
export interface Stand extends AsyncDisposable {
  readonly name: 'gateway' | 'peer';
  readonly origin: string;
  /** Of the running process. */
  readonly pid: number;
  readonly rabbitmqUrl: string;
  /** Null: it runs elsewhere. */
  readonly rabbitmqPid: number | null;
  readonly database: Database;
  readonly queues: Queues;
  /** The tools file it serves. */
  readonly toolsFile: string;
  /** The steps of the tool's route, each a queue. */
  readonly steps: readonly string[];
  stop(): Promise<void>;
  /** After `stop`. Resolves once it answers. */
  start(): Promise<void>;
}

export type Part = 'gateway' | 'postgresql' | 'rabbitmq';

export interface StandOptions {
  /** How many steps the tool's route has. Default 1. */
  readonly steps?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** How the tool's calls are answered. Default handle; the peer knows nothing else. */
  readonly mode?: 'handle' | 'wait';
  /** Arguments for Node.js, such as a profiler's. */
  readonly nodeArgs?: readonly string[];
}

export async function ownStand(backends: Backends, options: StandOptions = {}): Promise<Stand> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  return stand('gateway', backends, ownSchema, options, (env) => ({
    command: process.execPath,
    args: [...(options.nodeArgs ?? []), main, 'serve'],
    env: { ...env, ASYA_LOG_LEVEL: 'warn', ASYA_SECRET: 'of the bench alone' },
  }));
}

export async function peerStand(
  backends: Backends,
  { binary, schema }: Peer,
  options: StandOptions = {},
): Promise<Stand> {
  return stand('peer', backends, schema, options, (env) => ({
    command: binary,
    args: [],
    env: { ...env, ASYA_LOG_LEVEL: 'ERROR' },
  }));
}

type Environment = Readonly<Record<string, string>>;

async function stand(
  name: Stand['name'],
  { databaseUrl, rabbitmqUrl }: Backends,
  schema: string,
  { steps: stepCount = 1, mode = 'handle', env = {} }: StandOptions,
  command: (env: Environment) => Omit<ServerCommand, 'isReady'>,
): Promise<Stand> {
  const id = randomBytes(4).toString('hex');
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createDatabase(databaseUrl, `asya_bench_${id}`, schema));
  const queues = stack.use(new Queues(rabbitmqUrl, `asya-bench-${id}`));
  const steps = Array.from({ length: stepCount }, (_, i) => `${queues.exchange}-step-${i}`);
  for (const step of steps) await queues.declare(step);

  const folder = await mkdtemp(join(tmpdir(), 'asya-bench-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const tools = join(folder, 'tools.yaml');
  // The peer refuses keys it does not know.
  await writeFile(tools, toolsFile(steps) + (name === 'peer' ? '' : `    mode: ${mode}\n`));

  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const start = (): Promise<Server> =>
    startServer({
      ...command({
        ASYA_GATEWAY_PORT: `${port}`,
        ASYA_DATABASE_URL: database.url,
        ASYA_RABBITMQ_URL: rabbitmqUrl,
        ASYA_RABBITMQ_EXCHANGE: queues.exchange,
        ASYA_CONFIG_PATH: tools,
        ...env,
      }),
      isReady: async () => (await fetch(`${origin}/health`).catch(() => null))?.status === 200,
    });
  let server = await start();
  stack.defer(() => server[Symbol.asyncDispose]());
  const owned = stack.move();
  return {
    name,
    origin,
    rabbitmqUrl,
    rabbitmqPid: await listenerAt(Number(new URL(rabbitmqUrl).port) || 5672),
    database,
    queues,
    toolsFile: tools,
    steps,
    get pid() {
      return server.pid;
    },
    async stop() {
      await server[Symbol.asyncDispose]();
    },
    async start() {
      server = await start();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function toolsFile(steps: readonly string[]): string {
  return `tools:
  - name: ${toolName}
    description: Returns the text
    parameters:
      text: { type: string, required: true }
    route: [${steps.join(', ')}]
    timeout: 3600
`;
}

/** Processor time of each part so far. */
export async function partsCpuTimes(stand: Stand): Promise<Readonly<Record<Part, CpuTimes>>> {
  const { pid, database, rabbitmqPid } = stand;
  return {
    gateway: await cpuTimes(pid),
    // The sessions of this database; the server's other processes work for all databases.
    postgresql: await cpuTimes(new RegExp(`^postgres: .*\\b${database.name}\\b`)),
    rabbitmq: rabbitmqPid === null ? new Map() : await cpuTimes(rabbitmqPid),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
