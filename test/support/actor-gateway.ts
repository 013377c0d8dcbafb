import { pino } from 'pino';
import type { Actor } from '../../src/actor/actor.ts';
import { runActors, type RunningActors } from '../../src/actor/run-actors.ts';
import type { Envelope } from '../../src/jobs/envelope.ts';
import type { JobEvent } from '../../src/jobs/event.ts';
import type { AddressedEvent } from '../../src/jobs/ports/job-store.ts';
import { MemoryBroker, type MemoryBrokerOptions } from '../../src/memory/broker.ts';
import { anIntake } from './intake.ts';

export const log = pino({ level: 'silent' });

/** What actors see of a gateway: its broker, and an ear for their reports. */
export class ActorGateway {
  readonly broker: MemoryBroker;
  /** In the order they came. */
  readonly reports: AddressedEvent[] = [];
  readonly #running: RunningActors[] = [];
  readonly #waiting = new Set<{
    matches: (report: AddressedEvent) => boolean;
    found: () => void;
  }>();

  constructor(options: Partial<MemoryBrokerOptions> = {}) {
    this.broker = new MemoryBroker({
      log,
      redeliverMs: 1,
      intake: anIntake({
        take: async ({ jobId, event }) => {
          this.reports.push({ jobId, event });
          for (const { matches, found } of this.#waiting) if (matches({ jobId, event })) found();
          return { kind: 'unknown' };
        },
      }),
      ...options,
    });
  }

  get events(): JobEvent[] {
    return this.reports.map(({ event }) => event);
  }

  /** The outcomes so far, by job. */
  get outcomes(): Record<string, JobEvent> {
    const finals = this.reports.filter(({ event }) => isFinal(event));
    return Object.fromEntries(finals.map(({ jobId, event }) => [jobId, event]));
  }

  /** Resolves when a matching report comes, or at once if it has come. */
  async reported(matches: (event: JobEvent, jobId: string) => boolean): Promise<JobEvent> {
    const matchesReport = ({ jobId, event }: AddressedEvent): boolean => matches(event, jobId);
    const find = () => this.reports.find(matchesReport)?.event;
    const known = find();
    if (known !== undefined) return known;
    const { promise, resolve: found } = Promise.withResolvers<void>();
    const entry = { matches: matchesReport, found };
    this.#waiting.add(entry);
    await promise;
    this.#waiting.delete(entry);
    return find() ?? this.reported(matches);
  }

  /** The outcome of a job. */
  final(jobId = 'job-1'): Promise<JobEvent> {
    return this.reported((event, id) => id === jobId && isFinal(event));
  }

  async run(...actors: Actor[]): Promise<RunningActors> {
    const running = await runActors(actors, this.broker.connect(), { log });
    this.#running.push(running);
    return running;
  }

  /** The next envelope in a queue that no actor works at. */
  async nextMessage(queue: string): Promise<Envelope> {
    const connection = this.broker.connect();
    const { promise, resolve } = Promise.withResolvers<Envelope>();
    await connection.consume(queue, 1, async (delivery) => resolve(delivery.envelope));
    const envelope = await promise;
    await connection.close();
    return envelope;
  }

  /** Stops its actors. */
  async close(): Promise<void> {
    await Promise.all(this.#running.map((actors) => actors.close()));
    await this.broker.stop();
  }
}

export function isReceived(event: JobEvent): boolean {
  return event.type === 'progress' && event.stepStatus === 'received';
}

function isFinal({ type }: JobEvent): boolean {
  return type === 'succeeded' || type === 'failed';
}

/** A message for the step `double`, with the payload 21. */
export function anEnvelope(given: Partial<Envelope> = {}): Envelope {
  return {
    jobId: 'job-1',
    parentId: null,
    steps: ['double'],
    current: 0,
    metadata: { job_id: 'job-1' },
    headers: { traceparent: '00-1' },
    payload: { n: 21 },
    deadline: null,
    answers: {},
    ...given,
  };
}
