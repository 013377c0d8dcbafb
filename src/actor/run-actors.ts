import type { Logger } from 'pino';
import type { Log } from '../lib/log.ts';
import { callAfter } from '../lib/timer.ts';
import type { ActorBroker } from './actor-broker.ts';
import type { Actor } from './actor.ts';
import { work } from './work.ts';
import { Workload } from './workload.ts';

export interface RunActorsOptions {
  readonly log: Log & Pick<Logger, 'child'>;
  /** Milliseconds that handlers may go on after `close`, before their signals abort. Default 0. */
  readonly drainMs?: number;
}

export interface RunningActors {
  /**
   * Takes no new messages, waits for the handlers at work, and closes the broker's connection. The signals
   * of handlers abort when `drainMs` is over. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Runs actors until they are closed. Takes messages from the queue of each actor, calls its handler, and
 * sends the results on. A message is acknowledged once the broker has confirmed what follows from it. So
 * none is lost, but one may be worked on twice.
 *
 * @throws if a queue cannot be consumed
 */
export async function runActors(
  actors: readonly Actor[],
  broker: ActorBroker,
  { log, drainMs = 0 }: RunActorsOptions,
): Promise<RunningActors> {
  const workload = new Workload();
  broker.onCalledOff((job) => workload.callOff(job));
  for (const actor of actors) {
    const { step, concurrency } = actor;
    await broker.consume(step, concurrency, (delivery) =>
      work(actor, delivery, {
        broker,
        workload,
        log: log.child({ jobId: delivery.envelope.jobId, step }),
      }),
    );
  }

  async function close(): Promise<void> {
    const stopPatience = callAfter(drainMs, () => workload.shutDown());
    await broker.close();
    stopPatience();
  }
  let closed: Promise<void> | null = null;
  return {
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
