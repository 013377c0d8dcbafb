import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { ActorsFileError, loadActors } from './actor/load-actors.ts';
import { AccessSource } from './access/access-source.ts';
import { help, parseCommandLine, UsageError, type Command } from './cli/command-line.ts';
import { DevServer } from './cli/dev-server.ts';
import { newKeyText } from './cli/new-key.ts';
import { provideActorLibrary } from './cli/own-library.ts';
import { run } from './cli/run.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { createGateway } from './gateway.ts';
import { systemClock } from './lib/clock.ts';
import type { Service } from './lib/service.ts';
import { DatabaseUnusable } from './postgres/database-unusable.ts';
import { textOf, type Environment } from './settings/setting.ts';
import { warnOfUnreadVariables } from './cli/unread-variables.ts';
import { ToolSource } from './tools/tool-source.ts';
import { FilesUnusable } from './yaml/watched-files.ts';

/** A process that takes longer to stop does not stop. Kubernetes kills it after 30 s by default. */
const stopLimitMs = 10_000;

/** Errors that are shown without a stack, because their message is all that a user needs. */
const explained = [ConfigError, UsageError, FilesUnusable, ActorsFileError, DatabaseUnusable];

/** Is this `dist/src/main.js`, and not `src/main.ts`? */
const compiled = import.meta.filename.endsWith('.js');
const packageRoot = new URL(compiled ? '../../' : '../', import.meta.url);

/** What `dev` serves by default. */
const examples = {
  tools: fileURLToPath(new URL('examples/tools.yaml', packageRoot)),
  actors: fileURLToPath(
    new URL(compiled ? 'dist/examples/actors.js' : 'examples/actors.ts', packageRoot),
  ),
};

await main().catch(fail);

async function main(): Promise<void> {
  provideActorLibrary();
  const { command, env } = parseCommandLine(process.argv.slice(2));
  switch (command.name) {
    case 'help':
      return void process.stdout.write(help);
    case 'version':
      return void process.stdout.write(`${version()}\n`);
    case 'serve':
      return serve({ ...process.env, ...env });
    case 'dev':
      return dev(command, env);
    case 'key':
      return void process.stdout.write(newKeyText(command.key));
    case 'actor':
      return runActorsAlone(command);
  }
}

/** Runs a gateway. Its logs are JSON lines on standard output. */
async function serve(env: Environment): Promise<void> {
  const config = readConfig(env);
  const log = pino({ level: config.logLevel });
  warnOfUnreadVariables(env, log);
  const tools = new ToolSource({ path: config.configPath, log });
  if (config.configPath === null)
    log.warn('ASYA_CONFIG_PATH is not set: there are no tools to offer');
  const access = accessOf(config, log);
  const gateway = createGateway({ config, tools, access, version: version(), log, onFatal: fail });
  stopOnSignals(gateway, log);
  // `dev` does not do this, because it has to end with its terminal.
  process.on('SIGHUP', () => {
    tools.reload();
    access?.reload();
  });
  await gateway.start();
  log.info(
    { url: gateway.url, tools: tools.current().list().length },
    `listening on ${gateway.url}`,
  );
}

/** Runs a gateway and actors. Standard output is for the developer, so logs go to standard error. */
async function dev(
  command: Extract<Command, { name: 'dev' }>,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  const chosen = command.tools ?? textOf(process.env, 'ASYA_CONFIG_PATH');
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
    actorsFile: command.actors ?? (chosen === null ? examples.actors : null),
    version: version(),
    log,
    onFatal: fail,
    say: (line) => process.stdout.write(`${line}\n`),
  });
  stopOnSignals(server, log);
  await server.start();
}

/** Null: nobody is asked who they are. @throws AccessFileError */
function accessOf({ accessPath: path }: Config, log: Logger): AccessSource | null {
  return path === null ? null : new AccessSource({ path, clock: systemClock, log });
}

async function runActorsAlone({ file, only }: Extract<Command, { name: 'actor' }>): Promise<void> {
  const actors = await loadActors(file);
  const steps = actors.map(({ step }) => step);
  const unknown = only.find((step) => !steps.includes(step));
  if (unknown !== undefined) {
    throw new UsageError(`${file} has no actor for step "${unknown}", only ${steps.join(', ')}`);
  }
  await run(only.length === 0 ? actors : actors.filter(({ step }) => only.includes(step)));
  // Timers or sockets of the file would keep the process alive.
  process.exit(0);
}

/** The first signal drains; the second, or the time limit, ends the process at once. */
function stopOnSignals(service: Pick<Service, 'stop'>, log: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info(`${signal}: stopping`);
    setTimeout(() => {
      log.error(`not stopped after ${stopLimitMs} ms: ending`);
      process.exit(1);
    }, stopLimitMs).unref();
    service.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(error: unknown): never {
  const known = explained.find((kind) => error instanceof kind);
  if (known !== undefined) process.stderr.write(`${(error as Error).message}\n`);
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(known === UsageError ? 2 : 1);
}

function version(): string {
  const file = new URL('package.json', packageRoot);
  const { version: text } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return text;
}
