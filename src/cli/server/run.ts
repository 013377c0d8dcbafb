import { pino, type Logger } from 'pino';
import type { Actor } from '../../actor/actor.ts';
import { runActors } from '../../actor/run-actors.ts';
import { ConfigError, readConfig } from '../../config.ts';
import { withoutDatabase } from '../../settings/other-databases.ts';
import { connectActorBroker } from '../../rabbitmq/actors/actor-broker.ts';
import { stopSignal } from './stop-signal.ts';
import { warnOfUnreadVariables } from './unread-variables.ts';

export interface RunOptions {
  /** Default: ASYA_RABBITMQ_URL. */
  readonly url?: string;
  /** Default: ASYA_RABBITMQ_EXCHANGE. */
  readonly exchange?: string;
  /** Default: JSON lines on standard output, from ASYA_LOG_LEVEL on. */
  readonly log?: Logger;
  /**
   * How long handlers may go on after a signal to the process, in milliseconds; then their own signals
   * abort. Default: 15,000, which is half of what Kubernetes waits before SIGKILL.
   */
  readonly drainMs?: number;
}

/**
 * Runs actors on RabbitMQ as a program of their own, until SIGTERM or SIGINT. It then takes no new
 * messages, lets handlers finish or stop, and resolves. A second signal ends the process at once. While
 * RabbitMQ is away, it waits for it.
 *
 * @throws ConfigError if a variable cannot be used
 */
export async function run(
  actors: Actor | readonly Actor[],
  options: RunOptions = {},
): Promise<void> {
  // The URL is read as the variable, so that one place checks it, wherever it comes from.
  const given = options.url === undefined ? {} : { ASYA_RABBITMQ_URL: options.url };
  const config = readConfig(withoutDatabase({ ...process.env, ...given }));
  const { rabbitmqUrl: url } = config;
  const { exchange = config.rabbitmqExchange } = options;
  const { log = pino({ level: config.logLevel }), drainMs = 15_000 } = options;
  warnOfUnreadVariables(process.env, log);
  if (url === null) {
    throw new ConfigError(
      'ASYA_RABBITMQ_URL: memory: reaches no other process; use asya-gateway dev --actors, or RabbitMQ',
    );
  }
  const list = [actors].flat();
  const broker = await connectActorBroker({ url, exchange, log });
  const running = await runActors(list, broker, { log, drainMs });
  log.info(`actors are waiting for work: ${list.map(({ step }) => step).join(', ')}`);
  log.info(`${await stopSignal()}: finishing what is at work`);
  await running.close();
}
