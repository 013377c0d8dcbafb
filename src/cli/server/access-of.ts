import { AccessSource } from '../../access/access-source.ts';
import type { Config } from '../../config.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/**
 * The access rules that the configuration names. Null: nobody is asked who they are.
 *
 * @throws AccessFileError
 */
export function accessOf({ accessPath: path }: Config, log: Log): AccessSource | null {
  return path === null ? null : new AccessSource({ path, clock: systemClock, log });
}
