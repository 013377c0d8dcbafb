import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { services } from './services.ts';
import { sqitch } from './sqitch.ts';

/** A database of one test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Drops the database, its connections first. */
  drop(): Promise<void>;
}

/**
 * A fresh database with the schema deployed. The first call of a test run deploys it with Sqitch,
 * every other one copies the result, which takes some 100 ms.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const template = `${databasePrefix(inject('testRun'))}template`;
  await asAdmin(async (admin) => {
    // Held until the connection closes: test files run at the same time, and one of them deploys.
    await admin`SELECT pg_advisory_lock(hashtext(${template}))`;
    const [found] = await admin`SELECT FROM pg_database WHERE datname = ${template}`;
    if (found !== undefined) return;
    const { name, url } = await create('template1');
    await sqitch(url, 'deploy', '--verify');
    // Under its name only once it is complete, so that a failed deploy is never copied.
    await admin`ALTER DATABASE ${admin(name)} RENAME TO ${admin(template)}`;
  });
  return create(template);
}

/** A fresh database with nothing in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('template1');
}

/** Drops every database of a test run: the template, and what an aborted test left. */
export async function dropDatabases(testRun: string): Promise<void> {
  await asAdmin(async (admin) => {
    const rows = await admin<{ datname: string }[]>`
      SELECT datname FROM pg_database WHERE starts_with(datname, ${databasePrefix(testRun)})
    `;
    for (const { datname } of rows) await drop(admin, datname);
  });
}

async function create(template: string): Promise<TestDatabase & { readonly name: string }> {
  const name = `${databasePrefix(inject('testRun'))}${randomBytes(6).toString('hex')}`;
  await asAdmin((admin) => admin`CREATE DATABASE ${admin(name)} TEMPLATE ${admin(template)}`);
  const url = new URL(services.databaseUrl);
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => asAdmin((admin) => drop(admin, name)) };
}

async function drop(admin: postgres.Sql, name: string): Promise<void> {
  await admin`DROP DATABASE IF EXISTS ${admin(name)} WITH (FORCE)`;
}

function databasePrefix(testRun: string): string {
  return `asya_test_${testRun}_`;
}

/** One connection to the database from which others are created, closed afterwards. */
async function asAdmin(use: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(services.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await use(admin);
  } finally {
    await admin.end();
  }
}
