import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a mounted ConfigMap as the kubelet does (`AtomicWriter` in kubernetes/pkg/volume/util), the
 * first time or anew. Files are links through `..data`, which is a link to a directory of its own and
 * is replaced by a rename: readers see all files change at once. Links of files that came or went
 * follow, and at last the old directory goes.
 *
 * @param files contents by path
 */
export async function writeVolume(
  directory: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const data = join(directory, '..data');
  const old = await readlink(data).catch(() => null);
  const fresh = await mkdtemp(`${directory}/..`);
  for (const [path, content] of files) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  const link = join(directory, '..data_tmp');
  await symlink(basename(fresh), link);
  await rename(link, data);

  const visible = new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''));
  for (const name of visible) {
    const isThere = await lstat(join(directory, name)).catch(() => null);
    if (isThere === null) await symlink(join('..data', name), join(directory, name));
  }
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !visible.has(name)) await rm(join(directory, name));
  }
  if (old !== null) await rm(join(directory, old), { recursive: true });
}
