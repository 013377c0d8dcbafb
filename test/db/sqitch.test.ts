import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { sqitch, sqitchProject } from '../support/sqitch.ts';

describe('the plan', () => {
  test.each(['deploy', 'revert', 'verify'])('has one %s script for each change', async (kind) => {
    const scripts = await readdir(join(sqitchProject, kind));
    expect(scripts.toSorted()).toEqual((await changes()).map((name) => `${name}.sql`).toSorted());
  });
});

// Sqitch takes seconds for each command.
describe('on an empty database', { timeout: 3 * patienceMs }, () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  test('deploys, reverts without a trace and deploys again', async () => {
    const before = await objects(database.url);

    await sqitch(database.url, 'deploy', '--verify');
    const deployed = await objects(database.url);
    expect(deployed).toEqual(
      expect.arrayContaining(['table public.jobs', 'table public.job_updates']),
    );

    await sqitch(database.url, 'revert', '-y');
    expect(await objects(database.url)).toEqual(before);

    await sqitch(database.url, 'deploy', '--verify');
    expect(await objects(database.url)).toEqual(deployed);
    await sqitch(database.url, 'verify');
  });

  test('reverts each change to exactly what was there before it', async () => {
    let previous: string | undefined;
    for (const change of await changes()) {
      const before = await objects(database.url);
      await sqitch(database.url, 'deploy', '--verify', '--to-change', change);
      await sqitch(database.url, 'revert', '-y', ...(previous ? ['--to-change', previous] : []));
      expect(await objects(database.url), `after the revert of ${change}`).toEqual(before);
      await sqitch(database.url, 'deploy', '--verify', '--to-change', change);
      previous = change;
    }
  });
});

/** The names of the changes, in the plan's order. */
async function changes(): Promise<string[]> {
  const plan = await readFile(join(sqitchProject, 'sqitch.plan'), 'utf8');
  return plan
    .split('\n')
    .filter((line) => /^\w/.test(line))
    .map((line) => line.replace(/\s.*/, ''));
}

/** Whatever a deploy could leave behind, without what is PostgreSQL's or Sqitch's own. */
async function objects(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1 });
  try {
    const rows = await sql<{ object: string }[]>`
      WITH namespaces AS (
        SELECT oid, nspname FROM pg_namespace
        WHERE nspname <> 'sqitch' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
      ), dependents AS (
        SELECT 'pg_namespace'::regclass AS classid, oid AS objid, 0 AS objsubid FROM namespaces
        UNION ALL
        SELECT classid, objid, objsubid FROM pg_depend
        WHERE refclassid = 'pg_namespace'::regclass AND refobjid IN (SELECT oid FROM namespaces)
        UNION ALL
        SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace IN (SELECT oid FROM namespaces) AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint
        WHERE connamespace IN (SELECT oid FROM namespaces)
        UNION ALL
        SELECT 'pg_trigger'::regclass, pg_trigger.oid, 0 FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace IN (SELECT oid FROM namespaces) AND NOT tgisinternal
      )
      SELECT DISTINCT type || ' ' || identity AS object
      FROM dependents, pg_identify_object(classid, objid, objsubid)
      ORDER BY object
    `;
    return rows.map(({ object }) => object);
  } finally {
    await sql.end();
  }
}
