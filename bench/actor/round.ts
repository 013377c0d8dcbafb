/*
 * One round of bench/actor.ts, in a process of its own.
 */
import { once } from 'node:events';
import { pino } from 'pino';
import { Connection } from 'rabbitmq-client';
import { actor } from '../../src/actor/actor.ts';
import { runActors } from '../../src/actor/run-actors.ts';
import { connectActorBroker } from '../../src/rabbitmq/actors/actor-broker.ts';

export interface Round {
  readonly kind: 'bare' | 'bare-forward' | 'actor';
  readonly url: string;
  readonly exchange: string;
  readonly input: string;
  readonly output: string;
  readonly messages: number;
  readonly concurrency: number;
}

export interface Measurement {
  readonly seconds: number;
  /** Bytes on the heap that are still in use, after each fifth of the messages. */
  readonly samples: readonly number[];
}

const [round] = (await once(process, 'message')) as [Round];
const done = Promise.withResolvers<void>();
const samples: number[] = [];
let seen = 0;

function count(): void {
  seen++;
  if (seen % Math.ceil(round.messages / 5) === 0) {
    globalThis.gc?.();
    samples.push(process.memoryUsage().heapUsed);
  }
  if (seen === round.messages) done.resolve();
}

const rounds: Record<Round['kind'], () => Promise<() => Promise<void>>> = {
  bare: async () => consume(async () => {}),

  'bare-forward': async () => {
    const connection = new Connection(round.url);
    const publisher = connection.createPublisher({ confirm: true });
    const { exchange, output: routingKey } = round;
    const stop = await consume((body) =>
      publisher.send({ exchange, routingKey, durable: true }, body),
    );
    return async () => {
      await stop();
      await publisher.close();
      await connection.close();
    };
  },

  actor: async () => {
    const { url, exchange, input, concurrency } = round;
    const log = pino({ level: 'error' });
    const broker = await connectActorBroker({ url, exchange, log });
    const passOn = actor(
      input,
      (payload) => {
        count();
        return payload;
      },
      { concurrency },
    );
    const running = await runActors([passOn], broker, { log });
    return () => running.close();
  },
};

async function consume(work: (body: unknown) => Promise<void>): Promise<() => Promise<void>> {
  const connection = new Connection(round.url);
  const { input: queue, concurrency: prefetchCount } = round;
  const consumer = connection.createConsumer(
    { queue, queueOptions: { passive: true }, qos: { prefetchCount } },
    async (message) => {
      const body: unknown = message.body;
      await work(body);
      count();
    },
  );
  return async () => {
    await consumer.close();
    await connection.close();
  };
}

const begun = performance.now();
const stop = await rounds[round.kind]();
await done.promise;
const seconds = (performance.now() - begun) / 1000;
await stop();
const measurement: Measurement = { seconds, samples };
process.send?.(measurement);
process.disconnect();
