import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { environmentNames } from './database-parameters.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { splitUrl } from './url-syntax.ts';

type DatabaseEnvironment = Readonly<Record<string, string | undefined>>;

/** Files that libpq looks for in the home directory (PostgreSQL manual, 34.16 and 34.19). */
const homeFiles: Readonly<Record<string, string>> = {
  passfile: '.pgpass',
  sslrootcert: '.postgresql/root.crt',
  sslcert: '.postgresql/postgresql.crt',
  sslkey: '.postgresql/postgresql.key',
  sslcrl: '.postgresql/root.crl',
};

/**
 * Adds to a connection URL what libpq takes from the environment and the home directory where the URL
 * does not tell: the gateway then connects as psql and Sqitch do with the same URL.
 *
 * @throws Error with a message for operators, which holds no password
 */
export function completeDatabaseUrl(url: string, env: DatabaseEnvironment): string {
  parseDatabaseUrl(url);
  let completed = url;
  for (const [variable, name] of Object.entries(environmentNames)) {
    const value = env[variable];
    if (value === undefined || value === '' || splitUrl(completed).has(name)) continue;
    completed = withParameter(completed, name, value);
    try {
      parseDatabaseUrl(completed);
    } catch (error) {
      throw new Error(`the variable ${variable} sets ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  completed = withHomeFiles(completed, env['HOME'] ?? env['USERPROFILE'] ?? '');
  assertReadable(completed);
  return completed;
}

function withHomeFiles(url: string, home: string): string {
  const names = new Set(splitUrl(url).keys());
  const isWanted = (name: string): boolean => {
    if (names.has(name)) return false;
    if (name === 'passfile') return !names.has('password');
    // The two belong together.
    return name !== 'sslkey' || !names.has('sslcert') || parseDatabaseUrl(url).tls.key === null;
  };
  let completed = url;
  for (const [name, file] of home === '' ? [] : Object.entries(homeFiles)) {
    const path = join(home, file);
    if (isWanted(name) && isReadable(path)) completed = withParameter(completed, name, path);
  }
  return completed;
}

/** A file that is missing would look like a server that is away, again and again. */
function assertReadable(url: string): void {
  const { certificate, key, rootCertificates, revoked } = parseDatabaseUrl(url).tls;
  const files = {
    sslcert: certificate,
    sslkey: key,
    sslrootcert: rootCertificates,
    sslcrl: revoked,
  };
  for (const [name, path] of Object.entries(files)) {
    if (path === null || path === 'system' || isReadable(path)) continue;
    throw new Error(`${name}: the file ${path} cannot be read`);
  }
  if (certificate !== null && key === null) throw new Error('sslcert: needs its key as sslkey');
}

function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
