import type { Logger } from 'pino';
import { AccessSource } from '../access/access-source.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../lib/clock.ts';

/** Who may call; null: nobody is asked who they are. @throws AccessFileError */
export function accessOf({ accessPath: path }: Config, log: Logger): AccessSource | null {
  return path === null ? null : new AccessSource({ path, clock: systemClock, log });
}
