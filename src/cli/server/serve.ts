import { pino } from 'pino';
import { readConfig } from '../../config.ts';
import { createGateway } from '../../gateway.ts';
import type { Environment } from '../../settings/setting.ts';
import { ToolSource } from '../../tools/tool-source.ts';
import { accessOf } from './access-of.ts';
import { fail } from '../fail.ts';
import { packageVersion } from '../package-root.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { warnOfUnreadVariables } from './unread-variables.ts';

/** Runs a gateway. Its logs are JSON lines on standard output. */
export async function serve(env: Environment): Promise<void> {
  const config = readConfig(env);
  const log = pino({ level: config.logLevel });
  warnOfUnreadVariables(env, log);
  const tools = new ToolSource({ path: config.configPath, log });
  if (config.configPath === null)
    log.warn('ASYA_CONFIG_PATH is not set: there are no tools to offer');
  const access = accessOf(config, log);
  const gateway = createGateway({
    config,
    tools,
    access,
    version: packageVersion(),
    log,
    onFatal: fail,
  });
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
