import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { readConfig } from '../../config.ts';
import { textOf } from '../../settings/setting.ts';
import { DevServer } from './dev-server.ts';
import { accessOf } from './access-of.ts';
import { fail } from '../fail.ts';
import { isCompiled, packageRoot, packageVersion } from '../package-root.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { warnOfUnreadVariables } from './unread-variables.ts';

/** What `dev` serves by default. */
const examples = {
  tools: fileURLToPath(new URL('examples/tools.yaml', packageRoot)),
  actors: fileURLToPath(
    new URL(isCompiled ? 'dist/examples/actors.js' : 'examples/actors.ts', packageRoot),
  ),
};

export interface DevFiles {
  readonly tools: string | null;
  readonly actors: string | null;
}

/**
 * Runs a gateway and actors. Standard output is for the developer, so logs go to standard error.
 *
 * @param options variables that options stand for
 */
export async function dev(
  files: DevFiles,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  const chosen = files.tools ?? textOf(process.env, 'ASYA_CONFIG_PATH');
  const config = readConfig({
    ...process.env,
    ASYA_RABBITMQ_URL: textOf(process.env, 'ASYA_RABBITMQ_URL') ?? 'memory:',
    ASYA_LOG_LEVEL: textOf(process.env, 'ASYA_LOG_LEVEL') ?? 'warn',
    ASYA_CONFIG_PATH: chosen ?? examples.tools,
    ...options,
  });
  const log = pino({ level: config.logLevel }, pino.destination(2));
  warnOfUnreadVariables(process.env, log);
  const server = new DevServer({
    config,
    access: accessOf(config, log),
    actorsFile: files.actors ?? (chosen === null ? examples.actors : null),
    version: packageVersion(),
    log,
    onFatal: fail,
    say: (line) => process.stdout.write(`${line}\n`),
  });
  stopOnSignals(server, log);
  await server.start();
}
