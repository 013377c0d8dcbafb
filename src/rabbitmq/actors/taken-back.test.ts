import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import type { ActorBroker } from '../../actor/actor-broker.ts';
import type { Envelope } from '../../jobs/envelope.ts';
import { connectActorBroker } from './actor-broker.ts';

/*
 * RabbitMQ takes a message back while an actor works on it, because the connection broke or the work
 * took too long, and delivers it again.
 */

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let broker: ActorBroker;
let step: string;

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  await sandbox.declareExchange();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  step = sandbox.name('step');
  const { log } = memoryLog();
  broker = await connectActorBroker({ url: proxy.url, exchange: sandbox.exchange, log });
});

afterEach(async () => {
  await broker.close();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const envelopeFor = (payload: number): Envelope => ({
  jobId: 'J1',
  parentId: null,
  steps: [step],
  current: 0,
  metadata: {},
  headers: {},
  payload,
  deadline: null,
  answers: {},
});

/** A handler that finishes when it is told to, and what it was given. */
function gated() {
  const gate = Promise.withResolvers<void>();
  const payloads: unknown[] = [];
  const handle = async ({ envelope }: { envelope: Envelope }): Promise<void> => {
    payloads.push(envelope.payload);
    await gate.promise;
  };
  return { payloads, handle, finish: gate.resolve, fail: gate.reject };
}

/** Resolves once so many messages wait in the queue of the step. */
async function waiting(count: number): Promise<void> {
  await expect.poll(() => sandbox.count(step)).toBe(count);
}

async function nothingLeft(): Promise<void> {
  await waiting(0);
  await broker.close();
  expect(await sandbox.count(step)).toBe(0);
}

test('work that went on to its end is not done again', async () => {
  const work = gated();
  await broker.consume(step, 1, work.handle);
  await broker.forward(envelopeFor(1), null);
  await expect.poll(() => work.payloads).toEqual([1]);
  proxy.cut();
  await waiting(1);
  work.finish();
  await nothingLeft();
  expect(work.payloads).toEqual([1]);
});

test('work that failed to be sent on is done again', async () => {
  const work = gated();
  await broker.consume(step, 1, work.handle);
  await broker.forward(envelopeFor(1), null);
  await expect.poll(() => work.payloads).toEqual([1]);
  proxy.cut();
  await waiting(1);
  work.fail(new Error('no luck'));
  await expect.poll(() => work.payloads.length).toBeGreaterThan(1);
});

test('each of several messages of a job is told from the others', async () => {
  const work = gated();
  await broker.consume(step, 2, work.handle);
  for (const n of [1, 2, 3]) await broker.forward(envelopeFor(n), null);
  await expect.poll(() => work.payloads).toEqual([1, 2]);
  proxy.cut();
  await waiting(3);
  work.finish();
  await nothingLeft();
  expect(work.payloads).toEqual([1, 2, 3]);
});
