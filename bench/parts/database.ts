import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';

/** The gateway's own Sqitch project. */
export const ownSchema = fileURLToPath(new URL('../../db/', import.meta.url));

/** A database of one measured gateway's own. */
export interface Database extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly sql: postgres.Sql;
}

/**
 * Creates a database beside the one at `serverUrl` and deploys a Sqitch project to it.
 *
 * @param schema the project's folder
 */
export async function createDatabase(
  serverUrl: string,
  name: string,
  schema: string,
): Promise<Database> {
  await asAdmin(serverUrl, (admin) => admin`CREATE DATABASE ${admin(name)}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await deploy(url, schema);
  const sql = postgres(url.href, { max: 2, onnotice: () => {} });
  return {
    name,
    url: url.href,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end();
      await asAdmin(
        serverUrl,
        (admin) => admin`DROP DATABASE IF EXISTS ${admin(name)} WITH (FORCE)`,
      );
    },
  };
}

async function deploy(url: URL, schema: string): Promise<void> {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = '';
  await promisify(execFile)('sqitch', ['deploy', `db:${target.href}`], {
    cwd: schema,
    env: {
      ...process.env,
      // An account without a full name, usual in containers, would stop Sqitch.
      SQITCH_FULLNAME: 'Asya Gateway bench',
      SQITCH_EMAIL: 'bench@localhost',
      // Not in the target, which every process of the machine can read.
      ...(password !== '' && { SQITCH_PASSWORD: password }),
    },
  });
}

async function asAdmin(url: string, use: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await use(admin);
  } finally {
    await admin.end();
  }
}
