import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { outputOf } from '../support/child.ts';
import { sqitch } from '../support/sqitch.ts';
import { findBinary } from './find-binary.ts';
import { freePorts } from './free-port.ts';
import { ServerProcess } from './server-process.ts';

const server = findBinary(
  '/usr/lib/postgresql/*/bin/postgres',
  '/usr/local/bin/postgres',
  '/usr/bin/postgres',
  '/opt/homebrew/bin/postgres',
);

/** Few, so that a test can use them up; a gateway takes 10. */
const maxConnections = 60;

/** The account it runs as: PostgreSQL refuses root. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

export interface OwnPostgresOptions {
  /** Settings of the server, such as `ssl`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The lines of pg_hba.conf. Default: everybody may log in. */
  readonly access?: readonly string[];
  /** Files beside its data, such as keys, by their names: `../name` for its settings. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: true. */
  readonly deploySchema?: boolean;
}

/** A PostgreSQL of one test's own, to be stopped, crashed and starved. */
export class OwnPostgres {
  readonly url: string;
  /** Where its socket is, and its data in `data`. */
  readonly directory: string;
  readonly port: number;
  readonly #account: Account;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ServerProcess | null = null;

  private constructor(
    directory: string,
    port: number,
    account: Account,
    settings: Readonly<Record<string, string>>,
  ) {
    this.directory = directory;
    this.port = port;
    this.#account = account;
    this.#settings = settings;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Null: it can be started here; else why not. */
  static missing(): string | null {
    return server === null ? 'PostgreSQL’s server program is not installed' : null;
  }

  /** Started, with the schema deployed. */
  static async create(options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
    const own = await OwnPostgres.#prepare(options.settings ?? {});
    const initial = ['--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8'];
    await own.#tool('initdb', ['-D', own.#data, ...initial]);
    for (const [name, content] of Object.entries(options.files ?? {})) {
      await own.#write(join(own.directory, name), content);
    }
    if (options.access !== undefined) {
      await own.#write(join(own.#data, 'pg_hba.conf'), `${options.access.join('\n')}\n`);
    }
    await own.start();
    if (options.deploySchema !== false) await sqitch(own.url, 'deploy');
    return own;
  }

  /** A standby of this one, started. */
  async createStandby(
    settings: Readonly<Record<string, string>> = this.#settings,
  ): Promise<OwnPostgres> {
    const standby = await OwnPostgres.#prepare(settings);
    const source = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    const how = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
    await standby.#tool('pg_basebackup', ['-D', standby.#data, ...source, ...how]);
    await standby.start();
    return standby;
  }

  /** A directory and a port, with nothing in them. */
  static async #prepare(settings: Readonly<Record<string, string>>): Promise<OwnPostgres> {
    if (server === null) throw new Error(OwnPostgres.missing() ?? '');
    const [port = 0] = await freePorts(1);
    const directory = await mkdtemp(join(tmpdir(), 'asya-postgres-'));
    const account = await unprivileged();
    if (account.uid !== undefined && account.gid !== undefined) {
      await chown(directory, account.uid, account.gid);
    }
    return new OwnPostgres(directory, port, account, settings);
  }

  get #data(): string {
    return join(this.directory, 'data');
  }

  async #write(path: string, content: string): Promise<void> {
    await writeFile(path, content, { mode: 0o600 });
    const { uid, gid } = this.#account;
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }

  async #tool(name: string, args: readonly string[]): Promise<void> {
    await outputOf(join(dirname(server ?? ''), name), [...args], {
      ...this.#account,
      cwd: this.directory,
    });
  }

  async start(): Promise<void> {
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.directory,
      max_connections: maxConnections,
      // The machine does not crash here, only processes do.
      fsync: 'off',
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    for (let attempt = 1; ; attempt++) {
      this.#process = new ServerProcess(server ?? '', ['-D', this.#data, ...args], {
        ...this.#account,
        cwd: this.directory,
      });
      try {
        return await this.#process.becomes(() => this.query((sql) => sql`SELECT`));
      } catch (error) {
        // After a crash it refuses while a process of its former life is still there.
        if (attempt === 20) throw error;
        await pause(100);
      }
    }
  }

  /** As an operator stops it: connections are closed at once. */
  async stop(): Promise<void> {
    await this.#process?.signal('SIGINT');
  }

  /** As it dies: without a word to anybody, to recover from its log at the next start. */
  async crash(): Promise<void> {
    await this.#process?.kill();
  }

  /** Ends every other session. */
  async terminateSessions(): Promise<void> {
    await this.query(
      (sql) =>
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
  }

  /** Takes all connections there are, the gateways' too; returns what gives them back. */
  async exhaust(): Promise<() => Promise<void>> {
    const held: postgres.Sql[] = [];
    while (held.length < maxConnections) {
      const one = postgres(this.url, { max: 1, connect_timeout: 5, onnotice: () => {} });
      const taken = await one`SELECT`.then(
        () => true,
        () => false,
      );
      if (taken) held.push(one);
      else {
        await one.end({ timeout: 0 });
        await held[0]?.unsafe(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asya-gateway'`,
        );
      }
    }
    return async () => {
      await Promise.all(held.map((one) => one.end({ timeout: 0 })));
    };
  }

  async remove(): Promise<void> {
    await this.#process?.signal('SIGQUIT');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Over a connection that is closed afterwards. */
  async query<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const sql = postgres(this.url, { max: 1, connect_timeout: 5, onnotice: () => {} });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

async function unprivileged(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number(await outputOf('id', [flag, 'postgres']))),
  );
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}
