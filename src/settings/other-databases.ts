import { isServiceLink } from './service-links.ts';
import { textOf, type Environment } from './setting.ts';

/** PostgreSQL's address in parts or under another name, as other programs take it. */
const address =
  /^ASYA_(DATABASE|DB|PG|POSTGRES|POSTGRESQL)_(HOST|HOSTNAME|ADDRESS|ADDR|ENDPOINT|PORT|USER|USERNAME|PASS|PASSWORD|NAME|URL|URI|DSN)$/;

const read = 'ASYA_DATABASE_URL';

/** The environment of a program that needs no database: what names one is for others to read. */
export function withoutDatabase(env: Environment): Environment {
  const rest = Object.entries(env).filter(([name]) => name !== read && !address.test(name));
  return Object.fromEntries(rest);
}

/**
 * What names a database in a way that is not read, for the messages of readConfig. Without this check
 * such a gateway would keep its jobs in memory, and lose them with its process. No fault tells a value,
 * because it may be a password.
 */
export function databaseFaults(env: Environment): string[] {
  if (textOf(env, read) !== null) return [];
  return Object.keys(env)
    .filter((name) => name !== read && address.test(name))
    .filter((name) => {
      const text = textOf(env, name);
      return text !== null && !isServiceLink(name, text);
    })
    .map(
      (name) =>
        `${name}: is not read, and jobs would be kept in memory: set ${read}, such as postgres://user:password@host:5432/database, or leave ${name} out`,
    );
}
