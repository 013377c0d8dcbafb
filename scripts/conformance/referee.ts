import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../test/support/child.ts';

/** What the referee found out about one requirement. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  /** What is wrong, where something is. */
  readonly errorMessage?: string;
}

/** One scenario, run as a revision of the specification has it. */
export interface ScenarioRun {
  readonly scenario: string;
  /** Such as `2026-07-28`. */
  readonly revision: string;
  readonly checks: readonly Check[];
}

const referee = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

/**
 * Runs all that the referee has for servers of a revision: the scenarios it requires and those it
 * only reports, such as the ones of the Tasks extension.
 *
 * @param url of the MCP endpoint
 * @throws if the referee ran nothing
 */
export async function runReferee(url: string, revision: string): Promise<ScenarioRun[]> {
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const output = await outputOf('--url', url, '--requirements', revision, '-o', directory);
    // The summary names every scenario that was run, in order.
    const scenarios = [...output.matchAll(/^[✓✗] (\S+): \d+ passed, \d+ failed$/gm)];
    if (scenarios.length === 0) throw new Error(`the referee ran nothing:\n${output}`);
    const folders = await readdir(directory);
    return await Promise.all(
      scenarios.map(async ([, scenario = '']) => {
        const folder = folders.find((name) => isResultOf(scenario, name));
        const file = join(directory, folder ?? '', 'checks.json');
        const checks = existsSync(file) ? await readChecks(file) : [broken(scenario, output)];
        return { scenario, revision, checks };
      }),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Whatever its exit code: the checks tell more. */
async function outputOf(...options: string[]): Promise<string> {
  const { stdout, stderr } = startChild(process.execPath, [referee, 'server', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (stdout === null || stderr === null) throw new Error('there are pipes');
  const [output, errors] = await Promise.all([text(stdout), text(stderr)]);
  return `${output}\n${errors}`;
}

/** A scenario's folder is `server-{scenario}-{time}`; one scenario's name may begin another's. */
function isResultOf(scenario: string, folder: string): boolean {
  const prefix = `server-${scenario}-`;
  return folder.startsWith(prefix) && /^\d{4}-\d\d-\d\dT/.test(folder.slice(prefix.length));
}

async function readChecks(file: string): Promise<Check[]> {
  return JSON.parse(await readFile(file, 'utf8')) as Check[];
}

/** A scenario that threw has no checks, only an error in the referee's output. */
function broken(scenario: string, output: string): Check {
  const prefix = `Failed to run scenario ${scenario}: `;
  const line = output.split('\n').find((line) => line.startsWith(prefix)) ?? prefix;
  const reason = line.slice(prefix.length);
  return { id: scenario, status: 'FAILURE', errorMessage: `the scenario broke off: ${reason}` };
}
