import { Histogram, type Registry } from 'prom-client';
import type { Envelope } from '../jobs/envelope.ts';
import type { Publisher, PublishOutcome } from '../jobs/ports/publisher.ts';

/** A publish that threw; the outbox keeps the job. */
const unavailable = 'unavailable';

const outcomes = ['confirmed', 'unroutable', 'refused', unavailable] as const;

/** A publisher whose outcomes are counted and timed. */
export class ObservedPublisher implements Publisher {
  readonly #publisher: Publisher;
  readonly #seconds: Histogram<'outcome'>;

  constructor(publisher: Publisher, registry: Registry) {
    this.#publisher = publisher;
    this.#seconds = new Histogram({
      name: 'asya_publish_seconds',
      help: 'Time to the answer of the broker for a message of a job, by what it is',
      labelNames: ['outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
    // The first of a kind is an increase as well.
    for (const outcome of outcomes) this.#seconds.zero({ outcome });
  }

  async publish(envelope: Envelope): Promise<PublishOutcome> {
    const began = performance.now();
    let outcome: (typeof outcomes)[number] = unavailable;
    try {
      outcome = await this.#publisher.publish(envelope);
      return outcome;
    } finally {
      this.#seconds.observe({ outcome }, (performance.now() - began) / 1000);
    }
  }

  unavailable(): string | null {
    return this.#publisher.unavailable();
  }

  onAvailable(listener: () => void): void {
    this.#publisher.onAvailable(listener);
  }
}
