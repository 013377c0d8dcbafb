import type { ApiJob } from '../../client/api.ts';
import { GatewayFault } from '../../client/gateway-fault.ts';
import { wantsJson } from './client-session.ts';
import { exitCode } from '../exit-code.ts';
import { oneLine, print, printJsonLine, say } from '../terminal/terminal.ts';

/**
 * Does something with each job, and shows what became of it: a line each, JSON Lines for programs. A job
 * with which it cannot be done does not keep it from the others.
 *
 * @returns the exit code: an error if it could not be done with one of them
 */
export async function forEachJob(
  ids: readonly string[],
  options: { readonly json?: boolean },
  act: (id: string) => Promise<ApiJob>,
): Promise<number> {
  let code: number = exitCode.succeeded;
  for (const id of ids) {
    try {
      const job = await act(id);
      if (wantsJson(options)) printJsonLine(job);
      else print(`${job.id}  ${job.status}  ${oneLine(job.tool ?? '')}`);
    } catch (error) {
      if (!(error instanceof GatewayFault) || error.kind !== 'refused') throw error;
      say(`${id}: ${error.message}`);
      code = exitCode.error;
    }
  }
  return code;
}
