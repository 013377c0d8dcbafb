import type { Logger } from 'pino';
import type { Service } from '../../lib/service.ts';
import { fail } from '../fail.ts';

/** A process that takes longer to stop does not stop. Kubernetes kills it after 30 s by default. */
const stopLimitMs = 10_000;

/** The first signal drains; the second, or the time limit, ends the process at once. */
export function stopOnSignals(service: Pick<Service, 'stop'>, log: Logger): void {
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
