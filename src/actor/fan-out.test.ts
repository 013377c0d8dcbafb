import { afterEach, beforeEach, expect, test } from 'vitest';
import { ActorGateway, anEnvelope, log } from '../../test/support/actor-gateway.ts';
import { actor, type Handler } from './actor.ts';
import { runActors } from './run-actors.ts';

let gateway: ActorGateway;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(() => gateway.close());

const words = ['one', 'two', 'three'];
const loud = actor('loud', (word: string) => word.toUpperCase());

const fanningOut: { how: string; handler: Handler<unknown, string> }[] = [
  { how: 'an array', handler: () => words },
  {
    how: 'an async generator',
    handler: async function* () {
      yield* words;
    },
  },
  {
    how: 'a generator',
    handler: function* () {
      yield* words;
    },
  },
  { how: 'a promise of a generator', handler: async () => words.values() },
];

test.each(fanningOut)('$how fans out: every value goes on as a job', async ({ handler }) => {
  await gateway.run(actor('split', handler), loud);
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'loud'] }));
  await Promise.all(['job-1', 'job-1-1', 'job-1-2'].map((id) => gateway.final(id)));
  expect(gateway.outcomes).toEqual({
    'job-1': { type: 'succeeded', result: 'ONE' },
    'job-1-1': { type: 'succeeded', result: 'TWO' },
    'job-1-2': { type: 'succeeded', result: 'THREE' },
  });
});

test('children name their parent, have ids of their own in the metadata, and leave before it', async () => {
  await gateway.run(actor('split', () => words));
  const sent = [];
  await gateway.broker.publish(
    anEnvelope({ steps: ['split', 'loud'], deadline: 4_102_444_800_000 }),
  );
  for (const _ of words) sent.push(await gateway.nextMessage('loud'));
  expect(sent).toMatchObject([
    { jobId: 'job-1-1', parentId: 'job-1', payload: 'two', current: 1 },
    { jobId: 'job-1-2', parentId: 'job-1', payload: 'three', deadline: 4_102_444_800_000 },
    { jobId: 'job-1', parentId: null, payload: 'one', current: 1 },
  ]);
  expect(sent.map(({ metadata }) => metadata['job_id'])).toEqual(['job-1-1', 'job-1-2', 'job-1']);
});

test('the gateway hears of a child, with its parent and its route, before its message is there', async () => {
  const steps = ['split', 'loud'];
  const broker = gateway.broker.connect();
  const report = broker.report.bind(broker);
  const heard: unknown[] = [];
  broker.report = async (replyTo, told) => {
    const { job_id, parent_id, steps } = told;
    heard.push([job_id, parent_id, steps, Object(told).status]);
    await report(replyTo, told);
  };
  await runActors([actor('split', () => words)], broker, { log });
  await gateway.broker.publish(anEnvelope({ steps }));
  await gateway.nextMessage('loud');
  await gateway.reported(
    (event, id) => id === 'job-1' && event.type === 'progress' && event.stepStatus === 'completed',
  );
  expect(heard).toEqual([
    ['job-1', undefined, undefined, 'received'],
    ['job-1-1', 'job-1', steps, 'completed'],
    ['job-1-2', 'job-1', steps, 'completed'],
    ['job-1', undefined, undefined, 'completed'],
  ]);
});

test('at the end of the route every value is a result', async () => {
  await gateway.run(actor('split', () => words));
  await gateway.broker.publish(anEnvelope({ steps: ['split'] }));
  await gateway.final();
  expect(gateway.outcomes).toEqual({
    'job-1': { type: 'succeeded', result: 'one' },
    'job-1-1': { type: 'succeeded', result: 'two' },
    'job-1-2': { type: 'succeeded', result: 'three' },
  });
});

test('a list within a list is one value, and so is a string', async () => {
  await gateway.run(actor('split', (kind: string): unknown => (kind === 'list' ? [words] : 'abc')));
  await gateway.broker.publish(anEnvelope({ steps: ['split'], payload: 'list' }));
  expect(await gateway.final()).toEqual({ type: 'succeeded', result: words });
  await gateway.broker.publish(anEnvelope({ steps: ['split'], jobId: 'job-2' }));
  expect(await gateway.final('job-2')).toEqual({ type: 'succeeded', result: 'abc' });
});

const ending: { what: string; handler: Handler<unknown, string> }[] = [
  { what: 'nothing', handler: () => undefined },
  { what: 'an empty array', handler: () => [] },
  { what: 'a generator without values', handler: async function* () {} },
];

test.each(ending)('$what ends the job before the rest of its route', async ({ handler }) => {
  await gateway.run(actor('split', handler), loud);
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'loud'] }));
  expect(await gateway.final()).toEqual({ type: 'succeeded', result: null });
});

test('null is a value like others', async () => {
  await gateway.run(
    actor('split', () => null),
    actor('loud', (payload) => ({ payload })),
  );
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'loud'] }));
  expect(await gateway.final()).toEqual({ type: 'succeeded', result: { payload: null } });
});

test('a second fan-out on the route gives out no id again', async () => {
  await gateway.run(
    actor('split', () => words),
    actor('again', (word: string) => [`${word}!`, `${word}?`]),
  );
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'again'] }));
  const ids = ['job-1', 'job-1-1', 'job-1-2', 'job-1-3', 'job-1-1-1', 'job-1-2-1'];
  await Promise.all(ids.map((id) => gateway.final(id)));
  expect(gateway.outcomes).toEqual({
    'job-1': { type: 'succeeded', result: 'one!' },
    'job-1-3': { type: 'succeeded', result: 'one?' },
    'job-1-1': { type: 'succeeded', result: 'two!' },
    'job-1-1-1': { type: 'succeeded', result: 'two?' },
    'job-1-2': { type: 'succeeded', result: 'three!' },
    'job-1-2-1': { type: 'succeeded', result: 'three?' },
  });
});

test('a generator that throws fails the job; the children it made go on', async () => {
  await gateway.run(
    actor('split', async function* () {
      yield* ['one', 'two'];
      throw new Error('the third is missing');
    }),
    loud,
  );
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'loud'] }));
  expect(await gateway.final()).toMatchObject({ type: 'failed', error: 'the third is missing' });
  expect(await gateway.final('job-1-1')).toEqual({ type: 'succeeded', result: 'TWO' });
});

test('a generator is asked for a value when the one before has been sent', async () => {
  const seen: unknown[] = [];
  const broker = gateway.broker.connect();
  const forward = broker.forward.bind(broker);
  broker.forward = async (envelope, replyTo) => {
    await forward(envelope, replyTo);
    seen.push(`sent ${JSON.stringify(envelope.payload)}`);
  };
  const split = actor('split', function* () {
    for (const word of words) {
      seen.push(`made ${word}`);
      yield word;
    }
  });
  await runActors([split], broker, { log });
  await gateway.run(loud);
  await gateway.broker.publish(anEnvelope({ steps: ['split', 'loud'] }));
  await gateway.final();
  expect(seen).toEqual([
    'made one',
    'made two',
    'sent "two"',
    'made three',
    'sent "three"',
    'sent "one"',
  ]);
});
