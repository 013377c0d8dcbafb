import { chmod, glob, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { goFault } from '../../test/support/clients/go-client.ts';
import { outputOf } from './command.ts';
import { canInstall, install } from './debian.ts';

const goMod = new URL('../../test/clients/go/go.mod', import.meta.url);

/**
 * Makes `go` a command that builds the Go client of the tests. Where that cannot be had, it says so,
 * and those tests are skipped: unlike the servers, the rest is tested as well without it.
 */
export async function ensureGo(): Promise<void> {
  let fault = await goFault();
  if (fault !== null && canInstall()) {
    await installGo().catch((error: unknown) => console.log(String(error)));
    fault = await goFault();
  }
  console.log(
    fault === null
      ? 'Go (installed)'
      : `No Go client: ${fault}. Its tests are skipped; https://go.dev/dl/ has Go`,
  );
}

/**
 * Debian's Go may be older than the client needs, and as old as not to know how to fetch a newer one
 * by itself, which is a module like any other (https://go.dev/doc/toolchain, "Downloading toolchains").
 */
async function installGo(): Promise<void> {
  await install('golang-go', 'ca-certificates');
  if ((await goFault()) === null) return;
  const [, version = ''] = /^go (\S+)$/m.exec(await readFile(goMod, 'utf8')) ?? [];
  const platform = `linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const module = `golang.org/toolchain@v0.0.1-go${version}.${platform}`;
  console.log(`Fetching Go ${version}`);
  const { Dir: directory } = JSON.parse(
    await outputOf('go', 'mod', 'download', '-json', module),
  ) as { Dir: string };
  // Modules hold no executables, so the go command marks them after a download, too.
  for await (const file of glob('{bin,pkg/tool/*}/*', { cwd: directory })) {
    await chmod(join(directory, file), 0o755);
  }
  process.env['PATH'] = `${join(directory, 'bin')}${delimiter}${process.env['PATH']}`;
}
