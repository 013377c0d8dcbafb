import { isInstant } from '../lib/clock.ts';
import type { ListPosition } from '../jobs/job-store.ts';

/** A place in the list of jobs, as a word that clients hand back and cannot read anything from. */
export function encodeCursor({ createdAt, id }: ListPosition): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

/** Null: this is no cursor of ours. */
export function decodeCursor(cursor: string): ListPosition | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, createdAt, id] = /^(\d{1,15}) ([\w-]{1,128})$/.exec(text) ?? [];
  if (createdAt === undefined || id === undefined || !isInstant(Number(createdAt))) return null;
  return { createdAt: Number(createdAt), id };
}
