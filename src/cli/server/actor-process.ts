import { loadActors } from '../../actor/load-actors.ts';
import { run } from './run.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Runs the actors of a file until a signal stops them.
 *
 * @param only the steps to run actors for; empty: all
 * @throws UsageError if the file has no actor for one of them
 */
export async function runActorsAlone(file: string, only: readonly string[]): Promise<never> {
  const actors = await loadActors(file);
  const steps = actors.map(({ step }) => step);
  const unknown = only.find((step) => !steps.includes(step));
  if (unknown !== undefined) {
    throw new UsageError(
      `${file} has no actor for step "${unknown}", only ${steps.join(', ')}`,
      'actor',
    );
  }
  await run(only.length === 0 ? actors : actors.filter(({ step }) => only.includes(step)));
  // Timers or sockets of the file would keep the process alive.
  process.exit(0);
}
