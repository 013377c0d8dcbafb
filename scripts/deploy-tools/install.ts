import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf, run, succeeds } from '../services/command.ts';
import { ensureGo } from '../services/go.ts';
import { deployTools, directoryOf, gatewayApi, pathOf } from './tool.ts';

/** The first release that fetches a newer Go by itself where a module asks for it. */
const neededGo = { major: 1, minor: 21 };

/**
 * Builds the programs that check deploy/, each once for its version: minutes the first time.
 *
 * @throws if one is missing and there is no Go to build it with
 */
export async function ensureDeployTools(): Promise<void> {
  const missing = deployTools.filter((tool) => pathOf(tool) === null);
  if (missing.length === 0 && existsSync(gatewayApi.directory)) return;
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
  await copyGatewayApi();
}

async function copyGatewayApi(): Promise<void> {
  const { module, version, directory } = gatewayApi;
  const downloaded = await outputOf('go', 'mod', 'download', '-json', `${module}@${version}`);
  const { Dir: source } = JSON.parse(downloaded) as { Dir: string };
  const route = 'gateway.networking.k8s.io_httproutes.yaml';
  await mkdir(directory, { recursive: true });
  await copyFile(join(source, 'config/crd/standard', route), join(directory, route));
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
