import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ActorReports } from './actor-reports.ts';
import { announceEnds } from '../ports/announcer.ts';
import type { Broker } from '../ports/broker.ts';

import { Dispatcher } from './dispatcher.ts';
import { JobCreator } from './job-creator.ts';
import { JobEvents } from './job-events.ts';
import { JobFeed } from './job-feed.ts';
import { JobReader } from './job-reader.ts';
import type { ApplyOutcome, JobStore } from '../ports/job-store.ts';
import type { JobUpdate } from '../job.ts';
import type { Publisher } from '../ports/publisher.ts';
import { SharedJobs } from './shared-jobs.ts';
import { Reaper } from './reaper.ts';

export interface EngineParts {
  readonly store: JobStore;
  readonly publisher: Publisher;
  readonly broker: Pick<Broker, 'calledOff' | 'canHear'>;
  /** The time that deadlines, leases and heartbeats go by. */
  readonly clock: Clock;
  readonly log: Log;
  /** How long a message without a queue is tried again before its job fails as Unroutable. */
  readonly unroutableGraceMs: number;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionMs: number;
}

/** What the gateway does with jobs, whatever they are stored in, sent by and asked for through. */
export interface Engine {
  /** For clients. */
  readonly jobs: SharedJobs;
  /** For actors. */
  readonly reports: ActorReports;
  readonly events: JobEvents;
  readonly feed: JobFeed;
  readonly dispatcher: Dispatcher;
  readonly reaper: Reaper;
}

/** Wires the parts together. None of them runs yet. */
export function createEngine(parts: EngineParts): Engine {
  const { store, publisher, broker, clock, log, unroutableGraceMs, retentionMs } = parts;
  const feed = new JobFeed(store);
  const afterCommit = [
    (outcomes: readonly ApplyOutcome[]) => announceEnds(broker, outcomes),
    (outcomes: readonly ApplyOutcome[]) => feed.committed(outcomes.flatMap(updateOf)),
  ];
  const events = new JobEvents({ store, clock, afterCommit });
  const reader = new JobReader(store);
  const dispatcher = new Dispatcher({ store, events, publisher, clock, log, unroutableGraceMs });
  const creator = new JobCreator({ store, dispatcher, clock });
  return {
    jobs: new SharedJobs({ store, reader, creator, events, feed, dispatcher, clock }),
    reports: new ActorReports({ reader, creator, events, clock }),
    events,
    feed,
    dispatcher,
    reaper: new Reaper({ store, events, clock, log, retentionMs, canHear: () => broker.canHear() }),
  };
}

function updateOf(outcome: ApplyOutcome): JobUpdate[] {
  return outcome.kind === 'applied' && outcome.update !== null ? [outcome.update] : [];
}
