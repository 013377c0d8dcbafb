import { readdir, readFile, readlink } from 'node:fs/promises';

/** State of a socket that listens (Linux, include/net/tcp_states.h). */
const listening = '0A';

/**
 * The process that listens at a TCP port of this machine; null: none that the system tells of, which
 * it does on Linux alone, and of other users' processes to root alone.
 */
export async function listenerAt(port: number): Promise<number | null> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter(([, local, , state]) => state === listening && local?.endsWith(`:${hexPort}`) === true)
    .map((fields) => `socket:[${fields[9]}]`);
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    if (await hasAny(pid, sockets)) return Number(pid);
  }
  return null;
}

async function hasAny(pid: string, sockets: readonly string[]): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(
    files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')),
  );
  return targets.some((target) => sockets.includes(target));
}
