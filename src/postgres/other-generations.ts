import { databaseNameOf, type DatabaseTarget } from './database-url.ts';
import type { FoundTable } from './sql/inspect-database.ts';
import { sqitchDeploy } from './sqitch-target.ts';

/**
 * The main tables of Asya's other gateways. All of them have a column `timeout_sec`, which no table of
 * this one has, and a Sqitch project that is called as this one's is.
 */
const generations: Readonly<Record<string, string>> = {
  jobs: 'first',
  envelopes: 'second',
  tasks: 'third',
};

export const tablesOfOthers: readonly string[] = Object.keys(generations);

/** What to tell of a database that belongs to another generation of Asya; null: it does not. */
export function otherGenerationOf(
  found: readonly FoundTable[],
  target: DatabaseTarget,
): string | null {
  const other = found.find(({ columns }) => columns.includes('timeout_sec'));
  if (other === undefined) return null;
  const database = `${databaseNameOf(target)}_gateway`;
  return `ASYA_DATABASE_URL names the database of Asya's ${generations[other.table]} generation, with its table "${other.table}". This gateway needs a database of its own, and leaves that one as it is. Create it, deploy it from the gateway's db directory, and name it in ASYA_DATABASE_URL:
  createdb ${database}
  ${sqitchDeploy({ ...target, database })}`;
}
