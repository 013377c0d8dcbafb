import { variables } from '../../config.ts';
import type { Log } from '../../lib/log.ts';
import type { Environment } from '../../settings/setting.ts';
import { unreadVariables } from '../../settings/unread-variables.ts';

/** Logs each variable that looks like a setting and is none, because it may be a misspelt one. */
export function warnOfUnreadVariables(env: Environment, log: Pick<Log, 'warn'>): void {
  for (const line of unreadVariables(env, variables)) log.warn(line);
}
