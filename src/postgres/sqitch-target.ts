import { databaseNameOf, type DatabaseTarget } from './database-url.ts';

/** The command that deploys the schema, without a password. */
export function sqitchDeploy(target: DatabaseTarget): string {
  const {
    hosts: [host],
    user,
  } = target;
  const { name = '', port = '' } = host ?? {};
  const shown = name.includes(':') ? `[${name}]` : encodeURIComponent(name);
  const account = user === null ? '' : `${encodeURIComponent(user)}@`;
  const database = databaseNameOf(target);
  const place = `//${account}${shown}:${port}/`;
  // Sqitch (1.6) cannot name a database with other characters, but finds it in the environment.
  return /^[\w-]+$/.test(database)
    ? `sqitch deploy db:pg:${place}${database}`
    : `PGDATABASE='${database.replaceAll("'", String.raw`'\''`)}' sqitch deploy db:pg:${place}`;
}
