import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OwnPostgres } from '../../../test/faults/own-postgres.ts';
import { outputOf } from '../../../test/support/child.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { parseDatabaseUrl } from '../database-url.ts';
import type { Sql } from './connection.ts';
import { NotConnected, Servers } from './servers.ts';
import { sessionSettings } from './session-settings.ts';

/** Whoever may log in, and how. */
const access = [
  'local all all trust',
  'hostssl all encrypted all trust',
  'hostnossl all plain all trust',
  'hostssl all certified all cert',
  'host all secretive all scram-sha-256',
  'host all postgres all trust',
  'host replication postgres all trust',
];

describe.skipIf(OwnPostgres.missing() !== null)('servers', () => {
  let directory: string;
  let server: OwnPostgres;
  /** A file of the certificates' directory. */
  const file = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'asya-tls-'));
    await makeCertificates();
    const content = (name: string): Promise<string> => readFile(file(name), 'utf8');
    server = await OwnPostgres.create({
      settings: {
        listen_addresses: '127.0.0.1,::1',
        ssl: 'on',
        ssl_cert_file: '../server.crt',
        ssl_key_file: '../server.key',
        ssl_ca_file: '../ca.crt',
      },
      files: {
        'server.crt': await content('server.crt'),
        'server.key': await content('server.key'),
        'ca.crt': await content('ca.crt'),
      },
      access,
      deploySchema: false,
    });
    await server.query(async (sql) => {
      await sql.unsafe(`
      CREATE ROLE encrypted LOGIN; CREATE ROLE plain LOGIN; CREATE ROLE certified LOGIN;
      CREATE ROLE secretive LOGIN PASSWORD 'a b:c\\d%';`);
      await sql.unsafe(`CREATE DATABASE "my db"`);
    });
  });
  afterAll(async () => {
    await server.remove();
    await rm(directory, { recursive: true });
  });

  /** An authority, a server's certificate for `localhost`, a client's for `certified`. */
  async function makeCertificates(): Promise<void> {
    const openssl = (line: string) => outputOf('openssl', line.split(' '), { cwd: directory });
    const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout';
    await openssl(`req -x509 ${newKey} ca.key -out ca.crt -subj /CN=authority -days 36500`);
    for (const [name, subject] of [
      ['server', 'localhost'],
      ['client', 'certified'],
    ] as const) {
      await openssl(`req ${newKey} ${name}.key -out ${name}.csr -subj /CN=${subject}`);
      await writeFile(file('names'), `subjectAltName=DNS:${subject}`);
      const authority = '-CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -days 36500';
      await openssl(`x509 -req -in ${name}.csr -out ${name}.crt ${authority}`);
    }
    await openssl('ec -in client.key -aes256 -passout pass:p_w -out locked.key');
    for (const key of ['client.key', 'locked.key']) await chmod(file(key), 0o600);
  }

  interface Session {
    readonly user: string;
    readonly database: string;
    readonly application: string;
    /** `::1/128`, or `socket`. */
    readonly address: string;
    readonly encrypted: boolean;
  }

  const describeSession = `
  SELECT session_user || '|' || current_database() || '|' || current_setting('application_name')
    || '|' || coalesce(inet_server_addr()::text, 'socket') || '|' || ssl AS session
  FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;

  function sessionOf(text: string): Session {
    const [user = '', database = '', application = '', address = '', ssl] = text.split('|');
    return { user, database, application, address, encrypted: ssl === 'true' || ssl === 't' };
  }

  /** Null: refused. */
  async function ours(url: string): Promise<Session | null> {
    try {
      return await query(url, async (sql) => {
        const [row] = await sql.unsafe(describeSession);
        return sessionOf(String(row?.['session']));
      });
    } catch (error) {
      expect(error).toBeInstanceOf(NotConnected);
      return null;
    }
  }

  async function query<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    const servers = new Servers(parseDatabaseUrl(url));
    const connection = await servers.connect({ settings: sessionSettings });
    try {
      return await connection.run(work, 60_000);
    } finally {
      connection.close();
    }
  }

  /** What libpq makes of the URL. Null: refused. */
  async function libpqs(url: string): Promise<Session | null> {
    const args = ['--no-psqlrc', '--tuples-only', '--no-align', '--command', describeSession, url];
    const env = { ...process.env, PGAPPNAME: 'asya-gateway' };
    const output = await outputOf('psql', args, { env }).catch(() => null);
    return output === null ? null : sessionOf(output.trim());
  }

  describe('a URL leads where it leads psql', () => {
    /** PORT, DIRECTORY (the socket's) and TLS (of the certificates) are filled in. */
    const urls = [
      'postgres://postgres@127.0.0.1:PORT/postgres?sslmode=disable',
      'postgresql://postgres@localhost:PORT/postgres?sslmode=disable',
      'postgres://postgres@[::1]:PORT/postgres?sslmode=disable',
      'postgres://postgres@127.0.0.1:PORT/my%20db?sslmode=disable',
      'postgres://postgres@127.0.0.1:PORT?sslmode=disable',
      'postgres://postgres@DIRECTORY%3APORT/postgres?port=PORT&host=DIRECTORY',
      'postgres:///postgres?host=DIRECTORY&port=PORT&user=postgres',
      'postgres://postgres@ENCODED:PORT/postgres',
      'postgres://postgres@ENCODED:PORT/postgres?sslmode=require',
      'postgres://postgres@ignored:PORT/postgres?hostaddr=127.0.0.1&sslmode=disable',
      'postgres://postgres@127.0.0.1:1,127.0.0.1:PORT/postgres?sslmode=disable',
      'postgres://postgres@127.0.0.1,[::1]/postgres?port=1,PORT&sslmode=disable',
      'postgres://postgres@no-such-host.invalid,127.0.0.1:PORT/postgres?port=PORT,PORT&sslmode=disable',
      'postgres://postgres@127.0.0.1:PORT/postgres?sslmode=disable&application_name=a%20b',
      'postgres://127.0.0.1:PORT/?user=postgres&dbname=postgres&sslmode=disable',
      'postgres://127.0.0.1:PORT/none?user=postgres&sslmode=disable',
      'postgres://none@127.0.0.1:PORT/postgres?sslmode=disable',
      'postgres://secretive:a%20b%3Ac%5Cd%25@127.0.0.1:PORT/postgres?sslmode=disable',
      'postgres://secretive:wrong@127.0.0.1:PORT/postgres?sslmode=disable',
      'postgres://secretive@127.0.0.1:PORT/postgres?sslmode=disable&passfile=TLS/passwords',
      'postgres://secretive:a%20b%3Ac%5Cd%25@127.0.0.1:PORT/postgres?sslmode=require&channel_binding=disable',
      ...['disable', 'allow', 'prefer', 'require'].flatMap((mode) =>
        ['postgres', 'encrypted', 'plain'].map(
          (user) => `postgres://${user}@localhost:PORT/postgres?sslmode=${mode}`,
        ),
      ),
      ...['verify-ca', 'verify-full', 'require'].flatMap((mode) =>
        ['localhost', '127.0.0.1', '[::1]'].flatMap((host) =>
          ['ca.crt', 'server.crt', 'client.crt'].map(
            (root) =>
              `postgres://encrypted@${host}:PORT/postgres?sslmode=${mode}&sslrootcert=TLS/${root}`,
          ),
        ),
      ),
      'postgres://encrypted@localhost:PORT/postgres?hostaddr=::1&sslmode=verify-full&sslrootcert=TLS/ca.crt',
      'postgres://encrypted@other:PORT/postgres?hostaddr=::1&sslmode=verify-full&sslrootcert=TLS/ca.crt',
      'postgres://encrypted@localhost:PORT/postgres?sslmode=require&ssl_min_protocol_version=TLSv1.3',
      'postgres://encrypted@localhost:PORT/postgres?ssl=true',
      'postgres://certified@localhost:PORT/postgres?sslmode=require&sslcert=TLS/client.crt&sslkey=TLS/client.key',
      'postgres://certified@localhost:PORT/postgres?sslmode=require&sslcert=TLS/client.crt&sslkey=TLS/locked.key&sslpassword=p%5Fw',
      'postgres://certified@localhost:PORT/postgres?sslmode=require',
      'postgres://postgres@localhost:PORT/postgres?sslmode=require&sslcert=TLS/client.crt&sslkey=TLS/client.key',
    ];

    beforeAll(async () => {
      const lines = [
        '# host:port:database:user:password',
        'other:*:*:secretive:wrong',
        `127.0.0.1:${server.port}:postgres:secretive:a b\\:c\\\\d%`,
        '*:*:*:*:wrong',
      ];
      await writeFile(file('passwords'), lines.join('\n'), { mode: 0o600 });
    });

    test.for(urls)('%s', async (form) => {
      const url = form
        .replaceAll('PORT', String(server.port))
        .replaceAll('DIRECTORY', server.directory)
        .replaceAll('ENCODED', encodeURIComponent(server.directory))
        .replaceAll('TLS/', `${directory}/`);
      expect(await ours(url)).toEqual(await libpqs(url));
    });

    test('without an sslmode what stays on this machine is not encrypted unless it must be', async () => {
      const encrypted = async (user: string): Promise<boolean | undefined> =>
        (await ours(`postgres://${user}@127.0.0.1:${server.port}/postgres`))?.encrypted;
      expect(await encrypted('postgres')).toBe(false);
      expect(await encrypted('plain')).toBe(false);
      expect(await encrypted('encrypted')).toBe(true);
    });

    test('without a host a socket is looked for, and then this machine', async () => {
      const url = `postgres://postgres@/postgres?port=${server.port}`;
      expect(await ours(url)).toMatchObject({ user: 'postgres' });
    });

    test('settings of a URL’s options count, but for those that the gateway sets itself', async () => {
      const options = encodeURIComponent('-c search_path=a,\\ b -c statement_timeout=1');
      const url = `${server.url}?sslmode=disable&options=${options}`;
      const [row] = await query(
        url,
        (sql) => sql`
        SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS limit`,
      );
      expect(row).toEqual({ path: 'a, b', limit: '7s' });
    });
  });

  describe('a server that cannot be used is named, with the reason', () => {
    const fault = async (url: string): Promise<NotConnected> => {
      const error: unknown = await query(url, async () => null).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(NotConnected);
      return error as NotConnected;
    };

    test('one that is away may come back', async () => {
      const { message, isRefusal } = await fault('postgres://u:secret@127.0.0.1:1,[::1]:1/db');
      expect(message).toMatch(/^127\.0\.0\.1:1: .*ECONNREFUSED.*; \[::1\]:1: .*ECONNREFUSED/);
      expect(isRefusal).toBe(false);
    });

    test('one that takes connections and ends them may come back, too', async () => {
      const proxy = await TcpProxy.to('postgres://127.0.0.1:1');
      const { port } = new URL(proxy.url);
      const { isRefusal } = await fault(`postgres://u@127.0.0.1:${port}/db?sslmode=require`);
      expect(isRefusal).toBe(false);
      expect((await fault(`postgres://u@127.0.0.1:${port}/db`)).isRefusal).toBe(false);
      expect(proxy.connections).toBeLessThan(5);
      await proxy.refuse();
    });

    test.for([
      ['none@HOST/postgres', /no pg_hba\.conf entry|does not exist/],
      ['postgres@HOST/none', /database "none" does not exist/],
      ['secretive:wrong@HOST/postgres', /password authentication failed/],
      ['plain@HOST/postgres?sslmode=require', /no pg_hba\.conf entry/],
      ['postgres@HOST/postgres?options=-c%20no_such_setting%3D1', /no_such_setting/],
      ['encrypted@HOST/postgres?sslmode=verify-full', /TLS: .*(self.signed|unable to)/],
    ] as const)('one that refuses %s does so again', async ([form, reason]) => {
      const url = `postgres://${form.replace('HOST', `localhost:${server.port}`)}`;
      const { message, isRefusal } = await fault(url);
      expect(message).toMatch(reason);
      expect(message).not.toContain('wrong@');
      expect(isRefusal).toBe(true);
    });
  });

  describe('of several servers the primary is used', () => {
    let standby: OwnPostgres;

    beforeAll(async () => {
      // It does not encrypt.
      standby = await server.createStandby({});
    });
    afterAll(() => standby.remove());

    const portOf = (url: string): Promise<number | undefined> =>
      query(url, async (sql) => {
        const [row] = await sql<{ port: number }[]>`SELECT inet_server_port() AS port`;
        return row?.port;
      });

    test.for(['', '&target_session_attrs=read-write', '&target_session_attrs=any'])(
      'also where a standby is named first%s',
      async (attributes) => {
        const hosts = `127.0.0.1:1,127.0.0.1:${standby.port},127.0.0.1:${server.port}`;
        const url = `postgres://postgres@${hosts}/postgres?sslmode=disable${attributes}`;
        expect(await portOf(url)).toBe(server.port);
      },
    );

    test('one that does not encrypt is none where encryption is demanded', async () => {
      const connected = (query: string) => portOf(`${standby.url}?${query}`);
      await expect(connected('sslmode=require')).rejects.toThrow(
        /server does not encrypt, and sslmode/,
      );
      await expect(connected('sslmode=prefer')).rejects.toThrow(/is a standby/);
      await expect(connected('sslmode=allow')).rejects.toThrow(/is a standby/);
    });

    test('a standby alone is none, until it is promoted', async () => {
      await expect(portOf(standby.url)).rejects.toThrow(/is a standby, and takes no writes/);
      const servers = new Servers(
        parseDatabaseUrl(
          `postgres://postgres@127.0.0.1:${server.port},127.0.0.1:${standby.port}/postgres`,
        ),
      );
      const connected = async (): Promise<number | undefined> => {
        const connection = await servers.connect({ settings: sessionSettings });
        connection.close();
        return connection.address.host.port;
      };
      expect(await connected()).toBe(server.port);
      await server.stop();
      await expect(connected()).rejects.toThrow(/ECONNREFUSED.*; .*is a standby/);
      await standby.query((sql) => sql`SELECT pg_promote()`);
      expect(await connected()).toBe(standby.port);
      await server.start();
      // Two primaries, which is for operators to prevent: the one in use stays in use.
      expect(await connected()).toBe(standby.port);
    });
  });
});
