import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorGateway, anEnvelope } from '../../test/support/actor-gateway.ts';
import { pino } from 'pino';
import { runActors, type RunningActors } from './run-actors.ts';
import { actor, type Handler } from './actor.ts';

/* What a handler may return or throw that is no plain value or error. Every job has its outcome. */

let gateway: ActorGateway;
let running: RunningActors;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(async () => {
  await running.close();
  await gateway.close();
});

/** One that really looks into what it is given. */
const log = pino({ level: 'trace' }, { write: () => {} });

/** The outcome of a job whose handler this is. */
async function outcomeOf(handler: Handler<unknown, unknown>) {
  const connection = gateway.broker.connect();
  running = await runActors([actor('double', handler)], connection, { log });
  await gateway.broker.publish(anEnvelope());
  return gateway.final();
}

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

let deep: unknown = 1;
for (let i = 0; i < 61; i++) deep = [deep];

describe('a result', () => {
  it.each([
    ['a function', () => 1, /\[Function/],
    ['a symbol', Symbol('s'), /Symbol\(s\)/],
    ['what makes nothing of itself', { toJSON: () => undefined }, /toJSON/],
    ['what fails to make something of itself', { toJSON: () => () => 1 }, /toJSON/],
    ['a BigInt', { n: 1n }, /BigInt/],
    ['an object within itself', cyclic, /circular/],
    ['a Map', new Map([['a', 1]]), /a Map/],
    ['a Set within an object', { tags: new Set(['a']) }, /a Set.*"tags"/],
    ['a promise that was not awaited', { page: Promise.resolve(1) }, /a Promise.*"page"/],
    ['a list within lists, 61 deep', { deep }, /deeper than 60/],
  ])('that is %s fails the job with a reason', async (_what, result, reason) => {
    // An object around it, because a function or a list is a fan-out or more by itself.
    expect(await outcomeOf(() => [result])).toMatchObject({
      type: 'failed',
      error: expect.stringMatching(/^the result cannot be expressed in JSON: /),
    });
    const { error } = (await gateway.final()) as { error: string };
    expect(error).toMatch(reason);
  });

  it.each([
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['NaN', NaN, null],
    ['undefined within an object', { a: undefined, b: [undefined] }, { b: [null] }],
    ['a class of its own', Object.assign(Object.create({ x: 1 }), { a: 1 }), { a: 1 }],
    ['U+0000', 'a\0b', 'a\uFFFDb'],
    ['half a surrogate pair', '\uD800', '\uFFFD'],
  ])('that is %s is what JSON makes of it', async (_what, result, expected) => {
    expect(await outcomeOf(() => [result])).toEqual({ type: 'succeeded', result: expected });
  });
});

const spiteful = {
  get message(): string {
    throw new Error('no message');
  },
  [inspect.custom](): never {
    throw new Error('no text');
  },
};

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

describe('an error', () => {
  it.each([
    ['undefined', undefined, { error: 'undefined', details: { type: 'undefined' } }],
    ['null', null, { error: 'null', details: { type: 'object' } }],
    ['a number', 7, { error: '7', details: { type: 'number' } }],
    ['a BigInt', 7n, { error: '7n', details: { type: 'bigint' } }],
    ['an object', { code: 7 }, { error: '{ code: 7 }', details: { type: 'object' } }],
    ['a Symbol', Symbol('s'), { error: 'Symbol(s)' }],
    ['a function', () => 1, { error: expect.stringContaining('[Function') }],
    ['a text with U+0000', 'a\0b', { error: 'a\uFFFDb' }],
    ['an object within itself', cyclic, { error: expect.stringContaining('Circular') }],
    ['a revoked proxy', revoked, { error: expect.any(String) }],
    ['an object without a text', spiteful, { error: expect.any(String) }],
    [
      'an Error of another realm',
      runInNewContext('new RangeError("far away")') as unknown,
      { error: 'far away', details: { type: 'RangeError' } },
    ],
    [
      'an Error whose message is an object',
      Object.assign(new Error(), { message: { code: 7 } }),
      { error: '{ code: 7 }' },
    ],
    ['an Error without a stack', Object.assign(new Error('x'), { stack: null }), { error: 'x' }],
    [
      'an Error with a number for a name',
      Object.assign(new Error('x'), { name: 7 }),
      { error: 'x' },
    ],
    [
      'an Error that refuses to tell',
      Object.defineProperty(
        new Error('x'),
        'message',
        Object.getOwnPropertyDescriptor(spiteful, 'message') ?? {},
      ),
      { error: expect.any(String) },
    ],
    [
      'several Errors without a text of their own',
      new AggregateError([new Error('first'), 'second']),
      { error: 'first; second', details: { type: 'AggregateError' } },
    ],
    ['an endless text', 'x'.repeat(1_000_000), { error: expect.stringMatching(/^x{60000}/) }],
  ])('that is %s fails the job', async (_what, thrown, expected) => {
    // oxlint-disable-next-line typescript/only-throw-error -- handlers do
    const outcome = await outcomeOf(() => {
      throw thrown;
    });
    expect(outcome).toMatchObject({ type: 'failed', ...expected });
  });
});
