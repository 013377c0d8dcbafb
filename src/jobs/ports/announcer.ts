import type { Broker } from './broker.ts';
import type { Reason } from '../job.ts';
import type { ApplyOutcome } from './job-store.ts';

/** The reasons that do not come from an actor, so that one may still be at work. */
const callingOff: ReadonlySet<Reason> = new Set<Reason>([
  'CancelledByClient',
  'CancelledByOperator',
  'DeadlineExceeded',
  'HeartbeatLost',
]);

/** Announces which jobs a batch of events called off. To be called after the commit. */
export function announceEnds(
  broker: Pick<Broker, 'calledOff'>,
  outcomes: readonly ApplyOutcome[],
): void {
  for (const outcome of outcomes) {
    if (outcome.kind !== 'applied') continue;
    const { id: jobId, reason } = outcome.state;
    if (reason !== null && callingOff.has(reason)) broker.calledOff?.({ jobId, reason });
  }
}
