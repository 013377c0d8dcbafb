import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Connection } from 'rabbitmq-client';
import { outputOf } from '../support/child.ts';
import { findBinary } from './find-binary.ts';
import { freePorts } from './free-port.ts';
import { ServerProcess } from './server-process.ts';

const server = findBinary(
  // Not the distribution's wrapper, which insists on its own account and directories.
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/rabbitmq/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
);

/** Settings of RabbitMQ by their names in `rabbit`, such as `{ consumer_timeout: 20_000 }`. */
export type RabbitmqSettings = Readonly<Record<string, number>>;

/** Tells Erlang nodes of a machine each other's ports. */
const portMapper = findBinary('/usr/bin/epmd', '/usr/local/bin/epmd', '/opt/homebrew/bin/epmd');

/** Of the node for clients, of the node for other nodes, and of the port mapper. */
type Ports = readonly [number, number, number];

/** A RabbitMQ node of one test's own, to be stopped, crashed and alarmed. */
export class OwnRabbitmq {
  readonly url: string;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #portMapper: ServerProcess | null = null;
  #process: ServerProcess | null = null;

  private constructor(
    directory: string,
    [port, distributionPort, mapperPort]: Ports,
    settings: RabbitmqSettings,
  ) {
    this.#directory = directory;
    this.url = `amqp://guest:guest@127.0.0.1:${port}/`;
    this.#env = {
      PATH: process.env['PATH'],
      // Of its own, so that the cookie is.
      HOME: directory,
      RABBITMQ_NODENAME: `asya_fault_${port}@localhost`,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        // Waiting schedulers must not spin: other work runs on this machine.
        ['-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none']
          .concat(Object.entries(settings).map(([name, value]) => `-rabbit ${name} ${value}`))
          .join(' '),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_PID_FILE: join(directory, 'pid'),
      RABBITMQ_CONFIG_FILE: '/nonexistent',
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(mapperPort),
    };
  }

  /** Null: it can be started here; else why not. */
  static missing(): string | null {
    if (server === null) return 'RabbitMQ’s server program is not installed';
    return portMapper === null ? 'epmd is not installed' : null;
  }

  static async create(settings: RabbitmqSettings = {}): Promise<OwnRabbitmq> {
    const [port = 0, distributionPort = 0, mapperPort = 0] = await freePorts(3);
    const directory = await mkdtemp(join(tmpdir(), 'asya-rabbitmq-'));
    await writeFile(join(directory, 'enabled_plugins'), '[].');
    const own = new OwnRabbitmq(directory, [port, distributionPort, mapperPort], settings);
    await own.#startPortMapper();
    await own.start();
    return own;
  }

  async start(): Promise<void> {
    if (server === null) throw new Error(OwnRabbitmq.missing() ?? '');
    this.#process = new ServerProcess(server, [], { env: this.#env, cwd: this.#directory });
    await this.#process.becomes(() => this.#answers());
  }

  /** As an operator stops it: connections are closed with a word, queues are on disk. */
  async stop(): Promise<void> {
    await this.#process?.signal('SIGTERM');
    await this.#process?.kill();
  }

  /** As it dies: without a word. */
  async crash(): Promise<void> {
    await this.#process?.kill();
  }

  /** Raises the memory alarm: publishers are no longer read from. */
  async blockPublishers(): Promise<void> {
    await this.#control('set_vm_memory_high_watermark', '0');
  }

  async unblockPublishers(): Promise<void> {
    await this.#control('set_vm_memory_high_watermark', '0.6');
  }

  async closeConnections(): Promise<void> {
    await this.#control('close_all_connections', 'the test says so');
  }

  /** Keeps channels that consume from hearing of anything until the function it returns is called. */
  async suspendConsumers(): Promise<() => Promise<void>> {
    await this.#control(
      'eval',
      `Channels = [proplists:get_value(pid, Channel)
         || Channel <- rabbit_channel:info_all([pid, consumer_count]),
            proplists:get_value(consumer_count, Channel) > 0],
       Caller = self(),
       register(asya_suspender, spawn(fun() ->
         [erlang:suspend_process(Channel) || Channel <- Channels],
         Caller ! suspended,
         receive resume -> ok end
       end)),
       receive suspended -> ok end.`,
    );
    return async () => {
      await this.#control('eval', 'asya_suspender ! resume.');
    };
  }

  /** Over a connection that is closed afterwards. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = new Connection({
      url: this.url,
      connectionTimeout: 5_000,
      acquireTimeout: 5_000,
    });
    connection.on('error', () => {});
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Messages that wait in a queue; null: there is no such queue. */
  async depth(queue: string): Promise<number | null> {
    return this.use(async (connection) => {
      try {
        return (await connection.queueDeclare({ queue, passive: true })).messageCount;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    });
  }

  /** How many messages each queue holds: those that wait, and those that a consumer has. */
  async messages(): Promise<ReadonlyMap<string, number>> {
    const columns = ['name', 'messages'];
    const text = await this.#control('list_queues', '--no-table-headers', ...columns);
    const rows = text.split('\n').map((line) => line.split('\t'));
    return new Map(rows.map(([queue = '', count]) => [queue, Number(count)]));
  }

  async remove(): Promise<void> {
    await Promise.all([this.#process?.kill(), this.#portMapper?.kill()]);
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** One of the node's own, because the one that a node starts by itself stays when the node is gone. */
  async #startPortMapper(): Promise<void> {
    const options = { env: this.#env, cwd: this.#directory };
    const mapper = portMapper ?? '';
    this.#portMapper = new ServerProcess(mapper, [], options);
    await this.#portMapper.becomes(() => outputOf(mapper, ['-names'], options));
  }

  async #control(...args: string[]): Promise<string> {
    const control = join(dirname(server ?? ''), 'rabbitmqctl');
    return outputOf(control, ['--quiet', ...args], { env: this.#env, cwd: this.#directory });
  }

  async #answers(): Promise<void> {
    const connection = new Connection({ url: this.url, connectionTimeout: 2_000 });
    try {
      await new Promise((resolve, reject) => {
        connection.once('connection', resolve);
        connection.once('error', reject);
      });
    } finally {
      await connection.close();
    }
  }
}
