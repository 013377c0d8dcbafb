import { fileURLToPath } from 'node:url';
import { run, succeeds } from './command.ts';

const composeFile = fileURLToPath(new URL('../../test/support/compose.yaml', import.meta.url));

/** An engine that runs containers, with Compose; the client alone does not count. */
export async function hasDocker(): Promise<boolean> {
  return (await succeeds('docker', 'info')) && (await succeeds('docker', 'compose', 'version'));
}

/** Starts a service of the tests' Compose file and waits until it is healthy. */
export async function composeUp(service: string, env: Readonly<Record<string, string>>) {
  await run('docker', ['compose', '--file', composeFile, 'up', '--wait', service], env);
}
