import type { ApiJob } from '../../client/api.ts';
import { furtherCommand, wantsJson } from './client-session.ts';
import { exitCode, exitCodeOf } from '../exit-code.ts';
import { resultText } from './result-content.ts';
import { saveFiles } from './result-files.ts';
import { oneLine, print, printJson, say, styled } from '../terminal/terminal.ts';

interface OutcomeOptions {
  readonly json?: boolean;
  readonly url?: string;
  /** Where the files of the result are written. */
  readonly out?: string;
  /** Whether nothing is printed, because it was before. Default: no. */
  readonly quiet?: boolean;
}

/**
 * Shows what became of a job: for people its result, for programs the job.
 *
 * @returns the exit code
 */
export async function showOutcome(job: ApiJob, options: OutcomeOptions): Promise<number> {
  if (options.quiet !== true && wantsJson(options)) printJson(job);
  else if (options.quiet !== true && job.status === 'Succeeded') print(resultText(job.result));
  if (job.status === 'Failed' || job.status === 'Cancelled') {
    const head = styled(
      'red',
      `${job.status}${job.reason === undefined ? '' : ` (${job.reason})`}`,
      process.stderr,
    );
    say(`${head}: ${oneLine(job.error ?? job.message ?? '')}`);
  }
  if (job.status === 'InputRequired') sayAsking(job, options);
  if (job.status === 'Succeeded' && options.out !== undefined) {
    for (const path of await saveFiles(job.result, options.out)) say(`Saved ${path}`);
  }
  return exitCodeOf(job.status);
}

/** The job waits for an answer, and nobody is here to give it. */
function sayAsking(job: ApiJob, options: OutcomeOptions): void {
  const keys = Object.keys(job.input_requests ?? {}).map(oneLine);
  say(
    `The job waits for an answer (${keys.join(', ')}). Give it: ${furtherCommand(`jobs answer ${job.id}`, options)}`,
  );
}

/** @param why the beginning of the message */
export function sayDetached(why: string, id: string, options: OutcomeOptions): number {
  say(`${why}Detached; the job goes on: ${furtherCommand(`jobs watch ${id}`, options)}`);
  return exitCode.detached;
}
