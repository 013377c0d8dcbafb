import { fileURLToPath } from 'node:url';
import { CommandFailed, outputOf } from '../child.ts';

/** The module of the client that speaks MCP by the official Go SDK. */
const directory = fileURLToPath(new URL('../../clients/go/', import.meta.url));

/** What the client prints. */
export interface GoClientReport {
  readonly protocolVersion: string;
  readonly tools: readonly string[];
  readonly progress: readonly { readonly progress: number; readonly message: string }[] | null;
  readonly result: Readonly<Record<string, unknown>>;
}

/** Why the client cannot be built here: no Go, too old a Go, or no way to the modules; null: it can. */
export async function goFault(): Promise<string | null> {
  try {
    await go('mod', 'download');
    return null;
  } catch (error) {
    if (!(error instanceof CommandFailed)) return 'Go is not installed';
    return error.stderr.trim().split('\n').at(-1) ?? 'Go fails';
  }
}

/** @param path of the program to write */
export async function buildGoClient(path: string): Promise<void> {
  await go('build', '-o', path, '.');
}

/** Lists the tools and calls one, as a client of a protocol version. */
export async function runGoClient(
  path: string,
  url: string,
  version: string,
  tool: string,
  args: object,
): Promise<GoClientReport> {
  const output = await outputOf(path, [url, version, tool, JSON.stringify(args)]);
  return JSON.parse(output) as GoClientReport;
}

function go(...args: string[]): Promise<string> {
  return outputOf('go', args, { cwd: directory });
}
