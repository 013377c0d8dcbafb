import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { sqitch, sqitchProject } from '../support/sqitch.ts';
import { noHelm, render } from './support/chart.ts';
import { ContainerProcess, type End } from './support/container-process.ts';
import { find, type KubernetesObject } from './support/objects.ts';
import { Pod } from './support/pod.ts';

/*
 * The migrations that the chart carries, with the real Sqitch on a real PostgreSQL.
 */

/** Sqitch takes seconds for each command. */
const timeout = 3 * patienceMs;

let directory: string;
let database: TestDatabase;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-migrations-'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

describe.skipIf(noHelm)('the ConfigMap of migrations', { timeout }, () => {
  test.each([
    ['with the bundled PostgreSQL', {}],
    ['as a hook', { postgresql: { enabled: false }, database: { url: 'postgres://h/db' } }],
  ])('is a Sqitch project: deploys, reverts and deploys again, %s', async (_, values) => {
    const objects = await render(values);
    await using pod = await Pod.of(jobIn(objects), { objects, directory, env: {} });
    const project = pod.volume('migrations');

    await sqitch(database.url, 'deploy', '--verify', '--chdir', project);
    expect(await tables()).toEqual(['job_updates', 'jobs']);
    await sqitch(database.url, 'revert', '-y', '--chdir', project);
    expect(await tables()).toEqual([]);
    await sqitch(database.url, 'deploy', '--verify', '--chdir', project);
    expect(await tables()).toEqual(['job_updates', 'jobs']);
  });

  test('holds every file of db/, byte for byte', async () => {
    const objects = await render({});
    await using pod = await Pod.of(jobIn(objects), { objects, directory, env: {} });
    const entries = await readdir(sqitchProject, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
    expect(files.length).toBeGreaterThan(6);
    for (const file of files) {
      const mounted = join(pod.volume('migrations'), file.slice(sqitchProject.length));
      expect(await readFile(mounted, 'utf8')).toBe(await readFile(file, 'utf8'));
    }
  });
});

describe.skipIf(noHelm)('the containers of the chart', { timeout }, () => {
  test('a gateway waits until the Job has deployed the schema; another Job finds it there', async () => {
    const objects = await render({});
    const options = { objects, directory, env: environment() };
    await using gateway = await Pod.of(find(objects, 'Deployment', 'asya-gateway'), options);
    await using job = await Pod.of(jobIn(objects), options);

    const waiting = gateway.start('wait-for-schema');
    await waiting.says(/not there yet/);
    expect(await job.start('sqitch').ended).toMatchObject({ code: 0 });
    expect(await waiting.ended).toMatchObject({ code: 0 });
    expect(await tables()).toEqual(['job_updates', 'jobs']);

    const again = await job.start('sqitch').ended;
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toContain('Nothing to deploy');
  });

  test('a Job without a server gives up, so that Kubernetes tries again', async () => {
    const objects = await render({});
    const env = { ...environment(), ASYA_DATABASE_URL: 'postgres://127.0.0.1:1/asya' };
    const options = { objects, directory, env: { ...env, ASYA_MIGRATION_TIMEOUT: '1' } };
    await using job = await Pod.of(jobIn(objects), options);
    const { code, output } = await job.start('sqitch').ended;
    expect(output).toContain('did not answer within 1 s');
    expect(code).toBe(1);
  });
});

describe('migrate.sh', { timeout }, () => {
  test('of a release that was rolled back to leaves the newer schema alone', async () => {
    const newer = await withChange('later', 'CREATE TABLE later ();');
    expect(await migrate(newer, 'deploy')).toMatchObject({ code: 0 });

    const { code, output } = await migrate(sqitchProject, 'deploy');
    expect(output).toContain('Nothing to deploy');
    expect(code).toBe(0);
    expect(await migrate(sqitchProject, 'wait')).toMatchObject({ code: 0 });
    expect(await tables()).toEqual(['job_updates', 'jobs', 'later']);
  });

  test('deploys what a newer release adds', async () => {
    await migrate(sqitchProject, 'deploy');
    const newer = await withChange('later', 'CREATE TABLE later ();');
    expect(await migrate(newer, 'deploy')).toMatchObject({ code: 0 });
    expect(await tables()).toEqual(['job_updates', 'jobs', 'later']);
  });

  test('fails with a change that fails, and leaves the schema as it was', async () => {
    await migrate(sqitchProject, 'deploy');
    const broken = await withChange('broken', 'CREATE TABLE half (); SELECT 1 / 0;');
    const { code, output } = await migrate(broken, 'deploy');
    expect(output).toContain('division by zero');
    expect(code).not.toBe(0);
    expect(await tables()).toEqual(['job_updates', 'jobs']);
  });

  test('run by several at once deploys each change once', async () => {
    const ends = await Promise.all([1, 2, 3].map(() => migrate(sqitchProject, 'deploy')));
    expect(ends.map(({ output, code }) => [code, code === 0 ? '' : output])).toEqual(
      ends.map(() => [0, '']),
    );
    expect(await tables()).toEqual(['job_updates', 'jobs']);
  });

  test('without a mode tells its modes', async () => {
    const { code, output } = await migrate(sqitchProject);
    expect(code).toBe(2);
    expect(output).toMatch(/migrate.sh deploy {3}.*migrate.sh wait {3}/s);
  });
});

function jobIn(objects: readonly KubernetesObject[]): KubernetesObject {
  return find(objects, 'Job', /^asya-gateway-migrations/);
}

/** The password goes by PGPASSWORD, as with the bundled PostgreSQL. */
function environment(): Record<string, string> {
  const url = new URL(database.url);
  const password = decodeURIComponent(url.password);
  url.password = '';
  return { ASYA_DATABASE_URL: url.href, PGPASSWORD: password };
}

async function migrate(project: string, ...mode: string[]): Promise<End> {
  const command = ['sh', join(project, 'migrate.sh'), ...mode];
  return new ContainerProcess({ command, env: environment(), directory }).ended;
}

/** The project with one more change, as a later release has it. */
async function withChange(name: string, sql: string): Promise<string> {
  const project = await mkdtemp(join(directory, 'project-'));
  await cp(sqitchProject, project, { recursive: true });
  const plan = join(project, 'sqitch.plan');
  const line = `${name} [job_updates] 2100-01-01T00:00:00Z Somebody <somebody@asya.example> # Later\n`;
  await writeFile(plan, (await readFile(plan, 'utf8')) + line);
  for (const kind of ['deploy', 'revert', 'verify']) {
    await mkdir(join(project, kind), { recursive: true });
    const script = kind === 'deploy' ? sql : 'SELECT 1;';
    await writeFile(join(project, kind, `${name}.sql`), `BEGIN;\n${script}\nCOMMIT;\n`);
  }
  return project;
}

async function tables(): Promise<string[]> {
  const sql = postgres(database.url, { max: 1 });
  try {
    const rows = await sql<{ tablename: string }[]>`
      SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
    `;
    return rows.map(({ tablename }) => tablename);
  } finally {
    await sql.end();
  }
}
