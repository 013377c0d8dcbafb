import { readFile, stat } from 'node:fs/promises';
import type { DatabaseHost } from '../database-url.ts';

/**
 * Looks a password up in a file of lines `host:port:database:user:password`, where `*` is any and a
 * backslash escapes (PostgreSQL manual, 34.16). Null: it has none, or others may read the file.
 */
export async function passwordFromFile(
  path: string,
  { host, database, user }: { host: DatabaseHost; database: string; user: string },
): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  // As libpq does: a file that everybody can read is not taken.
  if (found?.isFile() !== true || (found.mode & 0o077) !== 0) return null;
  const name = host.name.startsWith('/') ? 'localhost' : host.name;
  const wanted = [name, String(host.port), database, user];
  for (const line of (await readFile(path, 'utf8')).split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    const password = fields[4];
    if (password === undefined) continue;
    if (wanted.every((value, i) => fields[i] === '*' || fields[i] === value)) return password;
  }
  return null;
}

function fieldsOf(line: string): string[] {
  const fields = line.match(/(?:[^:\\]|\\.?)*(?::|$)/gs) ?? [];
  return fields.map((field) => field.replace(/:$/, '').replaceAll(/\\(.?)/gs, '$1'));
}
