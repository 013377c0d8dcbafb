import type { AccessSource } from './access/access-source.ts';
import type { Access } from './access/access.ts';
import { limitsOf } from './access/access-rules.ts';
import { Admission } from './access/admission.ts';
import { RefusalLog } from './access/refusal-log.ts';
import type { UsageListener } from './access/usage.ts';
import { Clients } from './calls/client.ts';
import type { AuthListener } from './http/access-hook.ts';
import type { JobStore } from './jobs/ports/job-store.ts';
import type { SharedJobs } from './jobs/engine/shared-jobs.ts';
import { systemClock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Metrics } from './metrics/metrics.ts';

interface EntranceParts {
  /** Null: nobody is asked who they are. */
  readonly access: AccessSource | null;
  readonly jobs: SharedJobs;
  readonly store: Pick<JobStore, 'countUnfinished'>;
  readonly metrics: Metrics | null;
  readonly log: Log;
}

export interface Entrance {
  readonly access: (() => Access) | null;
  readonly clients: Clients;
  readonly admission: Admission | null;
  readonly onAuth: AuthListener;
  /** Takes what other replicas let through. */
  readonly onUsage: UsageListener;
}

/** Who is let in, and how much they may do: wires what the access rules take. */
export function createEntrance({ access, jobs, store, metrics, log }: EntranceParts): Entrance {
  const admission =
    access === null
      ? null
      : new Admission({
          limitsOf: (owner) => limitsOf(access.current().rules, owner),
          countJobs: (limits) => store.countUnfinished(limits),
          clock: systemClock,
          onRefusal: (code) => metrics?.countLimited(code),
        });
  const refusals = new RefusalLog(log, systemClock);
  return {
    access: access && (() => access.current()),
    clients: new Clients({ jobs, admission, log }),
    admission,
    onAuth: (scheme, outcome, owner) => {
      metrics?.countAuth(scheme, outcome);
      if (outcome !== 'accepted') refusals.write({ scheme, outcome, owner });
    },
    onUsage: (usages) => admission?.heard(usages),
  };
}
