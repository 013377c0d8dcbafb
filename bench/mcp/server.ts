import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** An MCP server that is measured, in a process of its own. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  /** The MCP endpoint, which the process names in its output. */
  readonly url: string;
  /** Processor time used so far, in milliseconds; null where the system does not tell (not Linux). */
  cpuMs(): Promise<number | null>;
}

/** @throws if the process ends before it names its endpoint */
export async function startServer(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
  const child = spawn(process.execPath, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  return {
    name,
    url: await endpointIn(createInterface({ input: child.stdout })),
    cpuMs: () => cpuMsOf(child.pid),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function endpointIn(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [url] = /http:\S+\/mcp/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('a server ended before it listened');
}

/** Linux counts in hundredths of a second (proc_pid_stat(5), utime and stime). */
async function cpuMsOf(pid: number | undefined): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
