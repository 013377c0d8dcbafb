import postgres from 'postgres';
import { outputOf, run } from './command.ts';
import { install } from './debian.ts';
import { composeUp } from './docker.ts';
import { choosePort, connectLimitMs, type Service } from './service.ts';

/** The role of the tests in a Debian cluster: it may create databases, and nothing more. */
const role = 'asya_test';

export const postgresql: Service = {
  name: 'PostgreSQL',
  variable: 'ASYA_TEST_DATABASE_URL',
  localUrl: 'postgres://postgres@127.0.0.1:5432/postgres',

  async probe(url) {
    const sql = postgres(url, { max: 1, connect_timeout: connectLimitMs / 1_000 });
    try {
      const [row] = await sql<{ version: string; may_create: boolean }[]>`
        SELECT current_setting('server_version') AS version, rolsuper OR rolcreatedb AS may_create
        FROM pg_roles WHERE rolname = current_user
      `;
      if (row?.may_create !== true) throw new Error('the role may not create databases');
      return row.version.replace(/ .*/, '');
    } finally {
      await sql.end();
    }
  },

  async startInDocker() {
    const port = await choosePort(5432, 55432);
    await composeUp('postgres', { ASYA_TEST_POSTGRES_PORT: `${port}` });
    return `postgres://postgres@127.0.0.1:${port}/postgres`;
  },

  async startOnDebian() {
    await install('postgresql');
    const { version, name, port, isOnline, owner } = await newestCluster();
    if (!isOnline) await run('pg_ctlcluster', [version, name, 'start']);
    await asOwner(
      owner,
      port,
      `DO $$ BEGIN CREATE ROLE ${role} LOGIN CREATEDB PASSWORD '${role}';
       EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    return `postgres://${role}:${role}@127.0.0.1:${port}/postgres`;
  },
};

async function newestCluster() {
  const clusters = await outputOf('pg_lsclusters', '--no-header');
  const [version, name, port, status, owner] = clusters.split('\n').at(-1)?.split(/\s+/) ?? [];
  if (!version || !name || !port || !status || !owner) {
    throw new Error('PostgreSQL is installed, but has no cluster: see pg_createcluster(1)');
  }
  return { version, name, port, isOnline: status.startsWith('online'), owner };
}

/** By the server's socket, which knows the owner by the account, without a password. */
async function asOwner(owner: string, port: string, sql: string): Promise<void> {
  const psql = ['psql', '--no-psqlrc', '--quiet', '--port', port, '--dbname', 'postgres'];
  await run('runuser', ['--user', owner, '--', ...psql, '--command', sql]);
}
