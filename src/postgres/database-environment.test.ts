import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeDatabaseUrl } from './database-environment.ts';
import { parseDatabaseUrl } from './database-url.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'asya-home-'));
  await mkdir(join(home, '.postgresql'));
  for (const file of ['.pgpass', '.postgresql/root.crt', '.postgresql/postgresql.key']) {
    await writeFile(join(home, file), '');
  }
});
afterAll(() => rm(home, { recursive: true }));

test('a URL that tells everything stays as it is', () => {
  const url = 'postgres://u:p@h:1/db';
  expect(completeDatabaseUrl(url, {})).toBe(url);
  expect(completeDatabaseUrl(url, { PGPASSWORD: 'x', PGUSER: 'x', PGHOST: 'x' })).toBe(url);
});

test('what it leaves open comes from the variables of libpq', () => {
  const url = completeDatabaseUrl('postgres://u@h/db', {
    PGPASSWORD: 'p&=% ü',
    PGSSLMODE: 'require',
    PGUSER: 'x',
    PGAPPNAME: '',
  });
  expect(parseDatabaseUrl(url)).toMatchObject({ user: 'u', password: 'p&=% ü' });
  expect(parseDatabaseUrl(url)).toMatchObject({
    tls: { mode: 'require' },
    applicationName: 'asya-gateway',
  });
});

test('and from the files of the home directory', () => {
  const completed = (url: string) => parseDatabaseUrl(completeDatabaseUrl(url, { HOME: home }));
  expect(completed('postgres://h/db')).toMatchObject({
    passwordFile: join(home, '.pgpass'),
    tls: { rootCertificates: join(home, '.postgresql/root.crt'), certificate: null },
  });
  expect(completed('postgres://u:p@h/db')).toMatchObject({ passwordFile: null });
});

test('a variable that cannot be had is named', () => {
  const complete = (env: Record<string, string>) => () =>
    completeDatabaseUrl('postgres://u:secret@h/db', env);
  expect(complete({ PGSSLMODE: 'on' })).toThrow(
    /^the variable PGSSLMODE sets sslmode: must be one/,
  );
  expect(complete({ PGSERVICE: 'x' })).toThrow(/^the variable PGSERVICE sets service: /);
  expect(complete({ PGSERVICE: 'x' })).not.toThrow(/secret/);
});

test('so is a file that cannot be read, and a certificate without its key', async () => {
  const complete = (query: string) => () => completeDatabaseUrl(`postgres://h/db?${query}`, {});
  const file = join(home, '.pgpass');
  expect(complete('sslrootcert=/none.crt')).toThrow(/^sslrootcert: the file \/none.crt cannot/);
  expect(complete(`sslcert=${file}`)).toThrow(/^sslcert: needs its key as sslkey/);
  expect(complete(`sslcert=${file}&sslkey=${file}&sslrootcert=system`)).not.toThrow();
  await chmod(file, 0o600);
});
