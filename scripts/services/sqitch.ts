import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf, succeeds } from './command.ts';
import { canInstall, install } from './debian.ts';
import { hasDocker } from './docker.ts';

/** Holds a `sqitch` that runs in a container. */
const dockerCommands = fileURLToPath(new URL('docker/', import.meta.url));

/** Makes `sqitch` a command that processes started from this one find. */
export async function ensureSqitch(): Promise<void> {
  // It hands every script to psql.
  if ((await succeeds('sqitch', '--version')) && (await succeeds('psql', '--version'))) {
    console.log(`${await version()} (installed)`);
  } else if (await hasDocker()) {
    process.env['PATH'] = `${dockerCommands}${delimiter}${process.env['PATH']}`;
    console.log(`${await version()} (in Docker)`);
  } else if (canInstall()) {
    await install('sqitch', 'libdbd-pg-perl', 'postgresql-client');
    console.log(`${await version()} (installed just now)`);
  } else {
    throw new Error(
      `Sqitch or psql is missing. Do one of these:
  - install Sqitch with its PostgreSQL driver (https://sqitch.org/download/), and psql
  - start Docker: it is run in a container then
  - run this as root on Debian: it is installed with apt-get then`,
    );
  }
}

async function version(): Promise<string> {
  return (await outputOf('sqitch', '--version')).replace('sqitch (App::Sqitch) v', 'Sqitch ');
}
