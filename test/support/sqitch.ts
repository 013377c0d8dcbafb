import { fileURLToPath } from 'node:url';
import { outputOf } from './child.ts';

/** The Sqitch project: its plan and the scripts of every change. */
export const sqitchProject = fileURLToPath(new URL('../../db/', import.meta.url));

/**
 * Runs a Sqitch command on the project, against the database at `url`.
 *
 * @returns what it printed
 * @throws CommandFailed
 */
export async function sqitch(
  url: string,
  command: 'deploy' | 'revert' | 'verify',
  ...options: string[]
): Promise<string> {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = '';
  return outputOf('sqitch', [command, `db:${target.href}`, ...options], {
    cwd: sqitchProject,
    env: {
      ...process.env,
      // An account without a full name, usual in containers, would stop Sqitch.
      SQITCH_FULLNAME: 'Asya Gateway tests',
      SQITCH_EMAIL: 'tests@localhost',
      // Not in the target, which every process of the machine can read.
      ...(password !== '' && { SQITCH_PASSWORD: password }),
    },
  });
}
