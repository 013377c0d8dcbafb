import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patienceMs } from '../support/patience.ts';
import { AsyaProcess } from '../support/processes.ts';
import { freePorts } from './free-port.ts';
import { OwnPostgres } from './own-postgres.ts';
import { OwnRabbitmq } from './own-rabbitmq.ts';
import { actorsFile, steps, toolsYaml } from './pipeline.ts';

/** Why the fault tests cannot run on this machine; null: they can. */
export const unavailable = OwnPostgres.missing() ?? OwnRabbitmq.missing();
if (unavailable !== null) {
  console.warn(`Skipped: the fault tests start servers of their own, and ${unavailable}.`);
}

export interface ClusterOptions {
  /** Default 2. */
  readonly gateways?: number;
  /** Processes that work at every step. Default 2. */
  readonly actors?: number;
  /** More variables for the gateways; the n-th one's may differ. */
  readonly env?: (replica: number) => Readonly<Record<string, string>>;
  /** More variables for the actors. */
  readonly actorsEnv?: Readonly<Record<string, string>>;
}

/** A gateway that keeps its address over its restarts, and actors, which have none. */
export class Member {
  readonly #start: () => Promise<AsyaProcess>;
  #process: AsyaProcess | null = null;

  constructor(start: () => Promise<AsyaProcess>) {
    this.#start = start;
  }

  get process(): AsyaProcess {
    if (this.#process === null) throw new Error('not started');
    return this.#process;
  }

  async start(): Promise<void> {
    this.#process = await this.#start();
  }

  async kill(): Promise<void> {
    if (this.#process?.running === true) await this.#process.kill();
  }
}

export class GatewayMember extends Member {
  readonly url: string;

  constructor(url: string, start: () => Promise<AsyaProcess>) {
    super(start);
    this.url = url;
  }

  /** Null: nothing answers. */
  async readiness(): Promise<number | null> {
    const signal = AbortSignal.timeout(patienceMs / 2);
    return fetch(`${this.url}/ready`, { signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => null,
    );
  }

  /** Resident memory, in MiB. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.process.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }
}

/** Servers, gateways and actors that nobody shares, so that they can be broken. */
export class Cluster {
  readonly postgres: OwnPostgres;
  readonly rabbitmq: OwnRabbitmq;
  readonly exchange = 'asya';
  gateways: readonly GatewayMember[] = [];
  actors: readonly Member[] = [];
  readonly #directory: string;
  #gates = 0;

  private constructor(postgres: OwnPostgres, rabbitmq: OwnRabbitmq, directory: string) {
    this.postgres = postgres;
    this.rabbitmq = rabbitmq;
    this.#directory = directory;
  }

  /** The servers alone. */
  static async create(): Promise<Cluster> {
    const [postgres, rabbitmq, directory] = await Promise.all([
      OwnPostgres.create(),
      OwnRabbitmq.create(),
      mkdtemp(join(tmpdir(), 'asya-cluster-')),
    ]);
    await writeFile(join(directory, 'tools.yaml'), toolsYaml);
    return new Cluster(postgres, rabbitmq, directory);
  }

  get queues(): string[] {
    return [...steps, `${this.exchange}.reports`];
  }

  /** Starts gateways and actors, and resolves once all of them are ready. */
  async start({
    gateways = 2,
    actors = 2,
    env = () => ({}),
    actorsEnv = {},
  }: ClusterOptions = {}): Promise<void> {
    const ports = await freePorts(gateways);
    this.gateways = ports.map((port, replica) => this.#gateway(port, () => env(replica)));
    this.actors = Array.from({ length: actors }, () => this.#actors(actorsEnv));
    await Promise.all([...this.gateways, ...this.actors].map((member) => member.start()));
  }

  /** One more gateway, which is not among those that a fault is about. Kill it at the end. */
  async addGateway(env: Readonly<Record<string, string>>): Promise<GatewayMember> {
    const [port = 0] = await freePorts(1);
    const gateway = this.#gateway(port, () => env);
    await gateway.start();
    return gateway;
  }

  /** Kills gateways and actors; the servers and what they hold stay. */
  async killAll(): Promise<void> {
    await Promise.all([...this.gateways, ...this.actors].map((member) => member.kill()));
    this.gateways = [];
    this.actors = [];
  }

  async remove(): Promise<void> {
    await this.killAll();
    await Promise.all([this.postgres.remove(), this.rabbitmq.remove()]);
    await rm(this.#directory, { recursive: true });
  }

  /** The path of a file that is not there yet. */
  newGate(): string {
    return join(this.#directory, `gate-${++this.#gates}`);
  }

  /** The instant, as the jobs' times have it. */
  async now(): Promise<Date> {
    const [row] = await this.postgres.query((sql) => sql<{ now: Date }[]>`SELECT now()`);
    if (row === undefined) throw new Error('PostgreSQL does not know the time');
    return row.now;
  }

  /** Every run of a step so far: the job's id and the step. */
  async runs(): Promise<string[]> {
    const text = await readFile(this.#runsFile, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  get #runsFile(): string {
    return join(this.#directory, 'runs');
  }

  get #env(): Record<string, string> {
    return {
      ASYA_DATABASE_URL: this.postgres.url,
      ASYA_RABBITMQ_URL: this.rabbitmq.url,
      ASYA_RABBITMQ_EXCHANGE: this.exchange,
      ASYA_CONFIG_PATH: join(this.#directory, 'tools.yaml'),
      ASYA_SECRET: 'shared by the replicas',
      TEST_RUNS_FILE: this.#runsFile,
    };
  }

  #gateway(port: number, env: () => Readonly<Record<string, string>>): GatewayMember {
    return new GatewayMember(`http://127.0.0.1:${port}`, async () => {
      const args = ['serve', '--port', String(port)];
      const started = new AsyaProcess(args, { ...this.#env, ...env() });
      await started.says(/"listening on /);
      return started;
    });
  }

  #actors(env: Readonly<Record<string, string>>): Member {
    return new Member(async () => {
      const started = new AsyaProcess(['actor', actorsFile], { ...this.#env, ...env });
      await started.says(/actors are waiting for work/);
      return started;
    });
  }
}
