import { isInstant } from '../../lib/clock.ts';
import { isJobId } from '../../jobs/job.ts';
import type { ListPosition } from '../../jobs/ports/job-store.ts';

/** A place in the list of jobs, as a word that clients hand back and need not understand. */
export function encodeCursor({ createdAt, id }: ListPosition): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

/** Null: this gateway gave out no such cursor. A place has one spelling, that of `encodeCursor`. */
export function decodeCursor(cursor: string): ListPosition | null {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const position = { createdAt: Number(createdAt), id: id ?? '' };
  const isPlace = isInstant(position.createdAt) && isJobId(position.id);
  return isPlace && encodeCursor(position) === cursor ? position : null;
}
