import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf, run, succeeds } from '../services/command.ts';
import { ensureGo } from '../services/go.ts';
import { customResources, deployTools, directoryOf, isThere, pathOf } from './tool.ts';
import type { CustomResources } from './tool.ts';

/** The first release that fetches a newer Go by itself where a module asks for it. */
const neededGo = { major: 1, minor: 21 };

/**
 * Builds the programs that check deploy/, each once for its version: minutes the first time.
 *
 * @throws if one is missing and there is no Go to build it with
 */
export async function ensureDeployTools(): Promise<void> {
  const missing = deployTools.filter((tool) => pathOf(tool) === null);
  const undefinedYet = customResources.filter((resources) => !isThere(resources));
  if (missing.length === 0 && undefinedYet.length === 0) return;
  await ensureGo();
  await assertGo();
  for (const tool of missing) {
    console.log(`Building ${tool.name} ${tool.version}, which takes some minutes`);
    await run('go', ['install', '-trimpath', `${tool.package}@${tool.version}`], {
      GOBIN: directoryOf(tool),
      // Nothing links C here; a machine without a C compiler will do.
      CGO_ENABLED: '0',
    });
  }
  for (const resources of undefinedYet) await fetchDefinitions(resources);
}

async function fetchDefinitions(resources: CustomResources): Promise<void> {
  const { module, version, source, files, directory } = resources;
  const downloaded = await outputOf('go', 'mod', 'download', '-json', `${module}@${version}`);
  const { Dir: root } = JSON.parse(downloaded) as { Dir: string };
  await mkdir(directory, { recursive: true });
  for (const file of files) await copyFile(join(root, source, file), join(directory, file));
}

async function assertGo(): Promise<void> {
  const advice = `The tests of deploy/ are skipped: install Go ${neededGo.major}.${neededGo.minor} or newer`;
  if (!(await succeeds('go', 'version'))) throw new Error(`There is no Go. ${advice}`);
  const version = await outputOf('go', 'env', 'GOVERSION');
  const [major = 0, minor = 0] = version.replace('go', '').split('.').map(Number);
  if (major < neededGo.major || (major === neededGo.major && minor < neededGo.minor)) {
    throw new Error(`Go is ${version}. ${advice}`);
  }
}
