import { readdir, readFile } from 'node:fs/promises';

/** Processor time of processes so far, in milliseconds, by their ids. Empty where the system does not tell (not Linux). */
export type CpuTimes = ReadonlyMap<number, number>;

/** @param of a process, or all whose command line matches */
export async function cpuTimes(of: number | RegExp): Promise<CpuTimes> {
  const pids = typeof of === 'number' ? [of] : await matching(of);
  const times = await Promise.all(
    pids.map(async (pid) => [pid, await cpuMsOfProcess(pid)] as const),
  );
  return new Map(times.flatMap(([pid, ms]) => (ms === null ? [] : [[pid, ms] as const])));
}

/** The time between, of the processes that were there all along; null: there are none. */
export function cpuMsBetween(before: CpuTimes, after: CpuTimes): number | null {
  const both = [...before].filter(([pid]) => after.has(pid));
  if (both.length === 0) return null;
  return both.reduce((sum, [pid, began]) => sum + (after.get(pid) ?? began) - began, 0);
}

async function matching(command: RegExp): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, i) => command.test(commands[i] ?? ''));
}

/** In hundredths of a second (proc_pid_stat(5), utime and stime). */
async function cpuMsOfProcess(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Memory in use, in bytes; null where the system does not tell. */
export async function residentBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
