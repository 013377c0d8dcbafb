import { readdir, readFile } from 'node:fs/promises';

/** Which processes' time is counted: one, or all whose command line matches. */
export type CpuOf = number | RegExp;

/** Processor time used so far, in milliseconds; null where the system does not tell (not Linux). */
export async function cpuMs(of: CpuOf): Promise<number | null> {
  if (typeof of === 'number') return cpuMsOfProcess(of);
  const names = await readdir('/proc').catch(() => []);
  const times = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid) => {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        return of.test(command) ? cpuMsOfProcess(Number(pid)) : null;
      }),
  );
  const counted = times.filter((time) => time !== null);
  return counted.length === 0 ? null : counted.reduce((sum, time) => sum + time, 0);
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
