import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { outputOf, run } from './command.ts';

/** Debian's switch for maintainer scripts that want to start a server (invoke-rc.d(8)). */
const startPolicy = '/usr/sbin/policy-rc.d';

/** Somebody else may be installing, as a machine does that was just set up. */
const patient = ['-o', 'DPkg::Lock::Timeout=600'];

/** May Debian packages be installed here? */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs the packages that are missing. No server of theirs is started: some listen everywhere. */
export async function install(...packages: string[]): Promise<void> {
  const installed = await Promise.all(packages.map(isInstalled));
  const missing = packages.filter((_, i) => !installed[i]);
  if (missing.length === 0) return;

  console.log(`Installing Debian packages, which takes a minute: ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const ownsPolicy = !existsSync(startPolicy);
  if (ownsPolicy) await writeFile(startPolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', [...patient, 'update', '-qq'], env);
    await run(
      'apt-get',
      [...patient, 'install', '-qq', '--no-install-recommends', ...missing],
      env,
    );
  } finally {
    if (ownsPolicy) await rm(startPolicy);
  }
}

async function isInstalled(name: string): Promise<boolean> {
  const status = await outputOf('dpkg-query', '--show', '-f', '${db:Status-Status}', name).catch(
    () => 'unknown to dpkg',
  );
  return status === 'installed';
}
