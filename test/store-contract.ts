import { v7 as uuidv7 } from 'uuid';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answered, Asked, Failed, JobEvent, Progress, Succeeded } from '../src/jobs/event.ts';
import { isFinal, jobStatuses } from '../src/jobs/job.ts';
import type { ChangeNotifier, JobStore, ListQuery } from '../src/jobs/ports/job-store.ts';
import { anEvent } from './support/events.ts';
import { aJob } from './support/jobs.ts';

export interface StoreUnderTest {
  readonly store: JobStore;
  readonly notifier: ChangeNotifier;
  close(): Promise<void>;
}

const succeeded = (result: Succeeded['result']): Succeeded => ({ type: 'succeeded', result });

const progress = (stepIndex: number, stepStatus: Progress['stepStatus']): Progress => ({
  type: 'progress',
  step: ['download', 'enhance'][stepIndex] ?? 'enhance',
  stepIndex,
  totalSteps: 2,
  stepStatus,
  message: null,
});

const asked = (key: string): Asked => ({
  type: 'asked',
  step: 'download',
  stepIndex: 0,
  requests: { [key]: { method: 'elicitation/create', params: { message: 'Who?' } } },
  payload: { n: [1, null] },
  metadata: { team: 'v' },
});

const given = (key: string): Answered => ({
  type: 'answered',
  answers: { [key]: { action: 'accept', content: { is: ['ü', 1] } } },
});

const everything: ListQuery = {
  status: null,
  tool: null,
  parentId: null,
  owner: null,
  createdAfter: null,
  before: null,
  limit: 100,
  maxBytes: 1_000_000,
};

/** What every JobStore does, whatever it is made of. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the store contract`, () => {
    let opened: StoreUnderTest;
    let store: JobStore;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    /** Another tool a test, so that tests may share a database. */
    let tools = 0;
    const aTool = (): string => `tool-${tools++}`;

    describe('create', () => {
      test('stores every field of a job and its first update', async () => {
        const job = aJob({
          parentId: 'parent-1',
          payload: { nested: [{ deep: ['ü', 1.5, null, true] }], '': {} },
          headers: { traceparent: '00-1-2-01' },
          route: { steps: ['a', 'b c"{},', 'd'], current: 1, metadata: { job_id: 'x', team: 'v' } },
          timeoutSeconds: 1.5,
          deadline: 1_763_825_123_457,
          heartbeatTimeoutSeconds: 7,
          inputTimeoutSeconds: 9,
          createdAt: 1_763_825_000_123,
        });
        expect(await store.create([job], 0)).toEqual([true]);
        expect(await store.get([job.id])).toEqual([job]);
        const [history] = await store.history([{ jobId: job.id, after: 0 }], 10);
        expect(history).toEqual([
          {
            jobId: job.id,
            seq: 1,
            status: 'Pending',
            reason: null,
            message: 'Job created',
            step: 'download',
            stepStatus: null,
            progressPercent: 0,
            result: null,
            error: null,
            timestamp: job.createdAt,
          },
        ]);
      });

      test('leaves a job alone whose id is there already', async () => {
        const job = aJob();
        await store.create([job], 0);
        const [again, fresh] = [aJob({ id: job.id, tool: 'other' }), aJob()];
        expect(await store.create([again, fresh], 0)).toEqual([false, true]);
        expect(await store.get([job.id])).toEqual([job]);
        const [history] = await store.history([{ jobId: job.id, after: 0 }], 10);
        expect(history).toHaveLength(1);
      });

      test('takes the first of two jobs with one id in one batch', async () => {
        const [job, other] = [aJob(), aJob()];
        const again = aJob({ id: job.id, tool: 'other' });
        expect(await store.create([job, again, other], 0)).toEqual([true, false, true]);
        expect(await store.get([job.id, other.id])).toEqual([job, other]);
        const [history] = await store.history([{ jobId: job.id, after: 0 }], 10);
        expect(history).toHaveLength(1);
      });
    });

    describe('create, of dispatched jobs', () => {
      test('keeps them out of the outbox: somebody else sends their messages', async () => {
        const child = aJob({ parentId: 'parent-2', dispatchedAt: 40_000_000 });
        expect(await store.create([child], 0)).toEqual([true]);
        expect(await store.get([child.id])).toEqual([child]);
        const claimed = await store.claimOutbox(49_000_000, 49_000_000, 1_000);
        expect(claimed.map(({ job }) => job.id)).not.toContain(child.id);
      });

      test('stores a job that begins finished, its outcome as its first update', async () => {
        const child = aJob({
          status: 'Succeeded',
          result: { n: 1 },
          progressPercent: 100,
          message: 'Job succeeded',
          finishedAt: 1_000_000,
          dispatchedAt: 1_000_000,
        });
        expect(await store.create([child], 0)).toEqual([true]);
        expect(await store.get([child.id])).toEqual([child]);
        const [history] = await store.history([{ jobId: child.id, after: 0 }], 10);
        expect(history).toMatchObject([{ seq: 1, status: 'Succeeded', result: { n: 1 } }]);
        const [again] = await store.apply(
          [{ jobId: child.id, event: succeeded({ n: 1 }) }],
          2_000_000,
        );
        expect(again).toMatchObject({ kind: 'refused', refusal: 'repeated' });
      });

      test('stores the first of two jobs that have the same id', async () => {
        const [first, between] = [aJob(), aJob()];
        const second = { ...first, tool: 'other' };
        expect(await store.create([first, between, second], 0)).toEqual([true, true, false]);
        expect(await store.get([first.id])).toEqual([first]);
      });
    });

    describe('get', () => {
      test('answers in the order asked, null for an unknown id, and twice for a repeated one', async () => {
        const [a, b] = [aJob(), aJob()];
        await store.create([a, b], 0);
        expect(await store.get([b.id, 'unknown', a.id, b.id])).toEqual([b, null, a, b]);
      });
    });

    describe('apply', () => {
      test('stores what the transition decided', async () => {
        const job = aJob({ heartbeatTimeoutSeconds: 10 });
        await store.create([job], 0);
        const [outcome] = await store.apply(
          [{ jobId: job.id, event: progress(0, 'processing') }],
          5_000,
        );
        expect(outcome).toMatchObject({ kind: 'applied', update: { seq: 2, progressPercent: 25 } });
        expect(await store.get([job.id])).toEqual([
          {
            ...job,
            status: 'Running',
            message: 'Step download: processing',
            stepStatus: 'processing',
            progressPercent: 25,
            lastHeartbeatAt: 5_000,
            heartbeatDueAt: 15_000,
            dispatchedAt: 5_000,
            seq: 2,
            updatedAt: 5_000,
          },
        ]);
      });

      test('decides the events of one job in their order, as if each came alone', async () => {
        const [a, b] = [aJob(), aJob()];
        await store.create([a, b], 0);
        const outcomes = await store.apply(
          [
            { jobId: b.id, event: progress(0, 'received') },
            { jobId: a.id, event: succeeded('first') },
            { jobId: 'unknown', event: succeeded(1) },
            { jobId: b.id, event: progress(1, 'completed') },
            { jobId: a.id, event: succeeded('second') },
          ],
          7_000,
        );
        expect(outcomes.map((o) => (o.kind === 'refused' ? o.refusal : o.kind))).toEqual([
          'applied',
          'applied',
          'unknown',
          'applied',
          'conflict',
        ]);
        const [jobA, jobB] = await store.get([a.id, b.id]);
        expect(jobA).toMatchObject({ status: 'Succeeded', result: 'first', seq: 2 });
        expect(jobB).toMatchObject({ status: 'Running', progressPercent: 99, seq: 3 });
      });

      test('invariant 3: of many outcomes at the same time exactly one stands', async () => {
        const job = aJob();
        await store.create([job], 0);
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            store.apply([{ jobId: job.id, event: succeeded({ n: i }) }], 8_000),
          ),
        );
        const applied = outcomes.flat().filter(({ kind }) => kind === 'applied');
        expect(applied).toHaveLength(1);
        const [history] = await store.history([{ jobId: job.id, after: 0 }], 100);
        expect(history?.map(({ seq }) => seq)).toEqual([1, 2]);
      });

      test('recognises a repeated result, whatever the order of its keys', async () => {
        const job = aJob();
        await store.create([job], 0);
        await store.apply([{ jobId: job.id, event: succeeded({ bb: 1, a: [{ y: 1, x: 2 }] }) }], 1);
        const [again] = await store.apply(
          [{ jobId: job.id, event: succeeded({ a: [{ x: 2, y: 1 }], bb: 1 }) }],
          2,
        );
        expect(again).toMatchObject({ kind: 'refused', refusal: 'repeated' });
      });

      test('recognises a repeated result in whatever way JSON can write it', async () => {
        const job = aJob();
        await store.create([job], 0);
        const result = { zero: -0, text: 'a\u{1F600}' };
        await store.apply([{ jobId: job.id, event: succeeded(result) }], 1);
        const [again] = await store.apply([{ jobId: job.id, event: succeeded(result) }], 2);
        expect(again).toMatchObject({ kind: 'refused', refusal: 'repeated' });
      });

      test('takes any text, also what a database cannot hold', async () => {
        const [odd, plain] = [aJob(), aJob()];
        await store.create([odd, plain], 0);
        const outcomes = await store.apply(
          [
            { jobId: odd.id, event: { ...progress(0, 'received'), message: 'a\0b\uD800c' } },
            { jobId: plain.id, event: succeeded(1) },
          ],
          1,
        );
        expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied']);
        expect(await store.get([plain.id])).toMatchObject([{ status: 'Succeeded' }]);
      });

      test('crossing batches of the same jobs never wait for each other', async () => {
        const jobs = Array.from({ length: 30 }, () => aJob());
        await store.create(jobs, 0);
        const forth = jobs.map(({ id }) => ({ jobId: id, event: progress(0, 'received') }));
        const back = forth.toReversed();
        await Promise.all(
          Array.from({ length: 10 }, (_, i) => store.apply(i % 2 ? forth : back, 9_000)),
        );
        const stored = await store.get(jobs.map(({ id }) => id));
        expect(stored.every((job) => job?.seq === 2)).toBe(true);
      });

      test('invariants 3, 4 and 6 hold for random histories', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.tuple(anEvent(), fc.nat(5_000)), { maxLength: 12 }),
            fc.boolean(),
            async (events, batched) => {
              const job = aJob({ deadline: 1_020_000, heartbeatTimeoutSeconds: 5 });
              await store.create([job], 0);
              let now = job.createdAt;
              if (batched) {
                await store.apply(
                  events.map(([event]) => ({ jobId: job.id, event })),
                  now + 1,
                );
              } else {
                for (const [event, pause] of events) {
                  now += pause;
                  await store.apply([{ jobId: job.id, event }], now);
                }
              }
              const [stored] = await store.get([job.id]);
              const [history = []] = await store.history([{ jobId: job.id, after: 0 }], 1_000);
              expect(history.map(({ seq }) => seq)).toEqual(history.map((_, i) => i + 1));
              expect(history.at(-1)?.seq).toBe(stored?.seq);
              const finals = history.filter(({ status }) => isFinal(status));
              expect(finals).toEqual(
                stored !== null && stored !== undefined && isFinal(stored.status)
                  ? [history.at(-1)]
                  : [],
              );
              const percents = history.map(({ progressPercent }) => progressPercent ?? 0);
              expect(percents).toEqual(percents.toSorted((a, b) => a - b));
              for (const { status, progressPercent } of history) {
                expect(progressPercent === 100).toBe(status === 'Succeeded');
              }
            },
          ),
          { numRuns: 60 },
        );
      });
    });

    describe('history', () => {
      test('takes any whole number as a position', async () => {
        const job = aJob();
        await store.create([job], 0);
        expect(await store.history([{ jobId: job.id, after: 3_000_000_000 }], 1)).toEqual([[]]);
      });

      test('answers each query from its own position, a page at a time', async () => {
        const [a, b] = [aJob(), aJob()];
        await store.create([a, b], 0);
        for (const status of ['received', 'processing', 'completed'] as const) {
          await store.apply([{ jobId: a.id, event: progress(0, status) }], 3_000);
        }
        const answers = await store.history(
          [
            { jobId: a.id, after: 1 },
            { jobId: 'unknown', after: 0 },
            { jobId: b.id, after: 0 },
            { jobId: a.id, after: 3 },
            { jobId: a.id, after: 4 },
          ],
          2,
        );
        expect(answers.map((updates) => updates.map(({ seq }) => seq))).toEqual([
          [2, 3],
          [],
          [1],
          [4],
          [],
        ]);
      });
    });

    describe('notifier', () => {
      test('hints at every visible change, and not at a bare sign of life', async () => {
        const job = aJob();
        await store.create([job], 0);
        const hints: number[] = [];
        const finished = Promise.withResolvers<void>();
        await opened.notifier.listen({
          changed(jobId, seq) {
            if (jobId !== job.id) return;
            hints.push(seq);
            if (seq === 3) finished.resolve();
          },
          missed() {},
        });
        await store.apply([{ jobId: job.id, event: progress(0, 'received') }], 1);
        await store.apply([{ jobId: job.id, event: progress(0, 'received') }], 2);
        await store.apply([{ jobId: job.id, event: succeeded(1) }], 3);
        await finished.promise;
        expect(hints).toEqual([2, 3]);
      });
    });

    describe('list', () => {
      test('is newest first, and goes on from a position', async () => {
        const tool = aTool();
        const jobs = [3, 1, 2, 2].map((createdAt, i) =>
          aJob({ id: `${tool}-${i}`, tool, createdAt }),
        );
        await store.create(jobs, 0);
        const page = await store.list({ ...everything, tool, limit: 2 });
        expect(page.jobs.map(({ id }) => id)).toEqual([`${tool}-0`, `${tool}-3`]);
        expect(page.more).toBe(true);
        const rest = await store.list({
          ...everything,
          tool,
          before: { createdAt: 2, id: `${tool}-3` },
        });
        expect(rest.jobs.map(({ id }) => id)).toEqual([`${tool}-2`, `${tool}-1`]);
        expect(rest.more).toBe(false);
      });

      test('that is exactly full has no more', async () => {
        const tool = aTool();
        await store.create([aJob({ tool }), aJob({ tool })], 0);
        expect(await store.list({ ...everything, tool, limit: 2 })).toMatchObject({ more: false });
      });

      test('ends before its jobs come to more than so many bytes, whatever they hold', async () => {
        const tool = aTool();
        const text = 'x'.repeat(100_000);
        const jobs = Array.from({ length: 8 }, (_, i) =>
          aJob({ id: `${tool}-${i}`, tool, payload: i % 2 === 0 ? { text } : {} }),
        );
        await store.create(jobs, 0);
        for (const { id } of jobs.filter((_, i) => i % 2 === 1)) {
          await store.apply([{ jobId: id, event: succeeded([text]) }], 1);
        }
        const found: string[] = [];
        let pages = 0;
        let before: ListQuery['before'] = null;
        for (let more = true; more; pages++) {
          const page = await store.list({ ...everything, tool, before, maxBytes: 350_000 });
          expect(page.jobs.length).toBeLessThanOrEqual(3);
          found.push(...page.jobs.map(({ id }) => id));
          before = page.jobs.at(-1) ?? null;
          more = page.more;
        }
        expect(found).toEqual(jobs.map(({ id }) => id).toReversed());
        expect(pages).toBe(3);
      });

      test('finds what any combination of filters names, in the order of creation', async () => {
        const tools = [aTool(), aTool(), null];
        const [parent, start] = [aJob(), 77_000_000];
        const jobs = Array.from({ length: 48 }, (_, i) =>
          aJob({
            tool: tools[i % 3] ?? null,
            parentId: i % 4 === 0 ? parent.id : null,
            createdAt: start + ((i * 7) % 40),
          }),
        );
        await store.create(jobs, 0);
        const failed = (reason: Failed['reason']): Failed => ({
          type: 'failed',
          reason,
          error: 'x',
          details: null,
        });
        const ends: (JobEvent | null)[] = [
          null,
          succeeded(1),
          failed('ActorError'),
          failed('PublishFailed'),
          { type: 'cancelled', reason: 'CancelledByClient', message: null, details: null },
          progress(0, 'received'),
          asked('name'),
        ];
        await store.apply(
          jobs.flatMap(({ id }, i) => {
            const event = ends[i % ends.length];
            return event === null || event === undefined ? [] : [{ jobId: id, event }];
          }),
          start + 50,
        );
        const stored = (await store.get(jobs.map(({ id }) => id))).filter((job) => job !== null);
        const ordered = stored.toSorted(
          (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
        );
        const ours = new Set(ordered.map(({ id }) => id));
        for (const status of [null, ...jobStatuses]) {
          for (const tool of [null, tools[0] ?? null, tools[1] ?? null]) {
            for (const parentId of [null, parent.id]) {
              for (const createdAfter of [start - 1, start + 20]) {
                for (const before of [null, { createdAt: start + 30, id: 'x' }]) {
                  const query = { ...everything, status, tool, parentId, createdAfter, before };
                  const expected = ordered.filter(
                    (job) =>
                      (status === null || job.status === status) &&
                      (tool === null || job.tool === tool) &&
                      (parentId === null || job.parentId === parentId) &&
                      job.createdAt > createdAfter &&
                      (before === null || job.createdAt <= before.createdAt),
                  );
                  const { jobs: found } = await store.list(query);
                  expect(found.filter(({ id }) => ours.has(id))).toEqual(expected);
                }
              }
            }
          }
        }
      });

      test('holds one job at least, however large it is', async () => {
        const tool = aTool();
        const payload = { text: 'x'.repeat(10_000) };
        const [first, second] = [aJob({ tool, payload }), aJob({ tool, payload, createdAt: 1 })];
        await store.create([first, second], 0);
        const query = { ...everything, tool, maxBytes: 1 };
        const newest = await store.list(query);
        const oldest = await store.list({ ...query, before: newest.jobs[0] ?? null });
        expect([newest, oldest].map(({ jobs }) => jobs.length)).toEqual([1, 1]);
        expect([newest, oldest].map(({ more }) => more)).toEqual([true, false]);
      });

      test('filters by status, tool, parent and time of creation', async () => {
        const tool = aTool();
        const old = aJob({ tool, createdAt: 10 });
        const child = aJob({ tool, createdAt: 20, parentId: old.id });
        await store.create([old, child], 0);
        await store.apply([{ jobId: old.id, event: succeeded(1) }], 30);
        const ids = async (query: Partial<ListQuery>): Promise<string[]> =>
          (await store.list({ ...everything, tool, ...query })).jobs.map(({ id }) => id);
        expect(await ids({ status: 'Succeeded' })).toEqual([old.id]);
        expect(await ids({ parentId: old.id })).toEqual([child.id]);
        expect(await ids({ createdAfter: 10 })).toEqual([child.id]);
        expect(await ids({ tool: 'no such tool' })).toEqual([]);
      });
    });

    describe('owners', () => {
      test('have lists of their own, also of children, and unfinished jobs that are counted', async () => {
        const [mine, yours] = [`key|${uuidv7()}`, `key|${uuidv7()}`];
        const jobs = [1, 2, 3].map((createdAt) => aJob({ owner: mine, createdAt }));
        const [first = aJob(), second = aJob(), third = aJob()] = jobs;
        const child = aJob({ owner: mine, parentId: first.id, createdAt: 4 });
        const other = aJob({ owner: yours, parentId: first.id, createdAt: 5 });
        await store.create([...jobs, child, other, aJob({ createdAt: 6 })], 0);
        await store.apply([{ jobId: second.id, event: succeeded(1) }], 30);

        const ids = async (query: Partial<ListQuery>): Promise<string[]> =>
          (await store.list({ ...everything, ...query })).jobs.map(({ id }) => id);
        expect(await ids({ owner: mine })).toEqual([child.id, third.id, second.id, first.id]);
        expect(await ids({ owner: yours, parentId: first.id })).toEqual([other.id]);
        expect((await store.get([child.id]))[0]?.owner).toBe(mine);

        const counts = await store.countUnfinished(
          new Map([
            [mine, 10],
            [yours, 10],
            ['key|x', 1],
          ]),
        );
        expect([counts.get(mine), counts.get(yours) ?? 0]).toEqual([2, 0]);
        expect((await store.countUnfinished(new Map([[mine, 1]]))).get(mine)).toBe(1);
      });
    });

    describe('outbox', () => {
      /** Far from the times that other tests use. */
      let time = 50_000_000;

      test('gives a job to one claimant, and again once the lease is over', async () => {
        const now = (time += 1_000_000);
        const job = aJob();
        await store.create([job], now + 10);
        const claimed = async (at: number): Promise<boolean> =>
          (await store.claimOutbox(at, at + 100, 1_000)).some((item) => item.job.id === job.id);
        expect(await claimed(now + 9)).toBe(false);
        const both = await Promise.all([claimed(now + 10), claimed(now + 10)]);
        expect(both.filter(Boolean)).toHaveLength(1);
        expect(await claimed(now + 109)).toBe(false);
        expect(await claimed(now + 110)).toBe(true);
      });

      test('gives the whole job, ready to be published', async () => {
        const now = (time += 1_000_000);
        const job = aJob({ payload: { a: [1] }, headers: { traceparent: 'x' }, deadline: now * 2 });
        await store.create([job], now);
        const items = await store.claimOutbox(now, now, 1_000);
        expect(items).toContainEqual({ job, unroutableSince: null });
      });

      test('no longer holds what was dispatched or finished', async () => {
        const now = (time += 1_000_000);
        const [sent, over, waiting] = [aJob(), aJob(), aJob()];
        await store.create([sent, over, waiting], now);
        await store.markDispatched([sent, aJob({ id: 'unknown' })], now);
        await store.apply([{ jobId: over.id, event: succeeded(1) }], now);
        const ids = (await store.claimOutbox(now, now + 1, 1_000)).map(({ job }) => job.id);
        expect(ids).toContain(waiting.id);
        expect(ids).not.toContain(sent.id);
        expect(ids).not.toContain(over.id);
      });

      test('no longer holds what an actor reported on: it has the message, marked or not', async () => {
        const now = (time += 1_000_000);
        const job = aJob();
        await store.create([job], now);
        await store.apply([{ jobId: job.id, event: progress(1, 'received') }], now);
        const ids = (await store.claimOutbox(now, now + 1, 1_000)).map((item) => item.job.id);
        expect(ids).not.toContain(job.id);
      });

      test('holds a job once more that was answered, at once, with what its step needs', async () => {
        const now = (time += 1_000_000);
        const job = aJob();
        await store.create([job], now + 500);
        await store.postpone([{ jobId: job.id, until: now + 500, unroutableSince: now }]);
        await store.markDispatched([job], now);
        const [, answered] = await store.apply(
          [asked('name'), given('name')].map((event) => ({ jobId: job.id, event })),
          now + 1,
        );
        // The mark of the first message comes late: it says nothing of the second.
        await store.markDispatched([job], now + 1);
        const found = (await store.claimOutbox(now + 1, now + 9, 1_000)).find(
          (item) => item.job.id === job.id,
        );
        expect(found).toMatchObject({
          unroutableSince: null,
          job: {
            status: 'Pending',
            outboxSeq: 3,
            input: {
              stepIndex: 0,
              requests: {},
              answers: { name: { action: 'accept', content: { is: ['ü', 1] } } },
              payload: { n: [1, null] },
              metadata: { team: 'v' },
              msLeft: null,
            },
          },
        });
        expect(answered).toMatchObject({ state: { input: found?.job.input } });
        await store.markDispatched([found?.job ?? job], now + 2);
        const ids = (await store.claimOutbox(now + 20, now + 30, 1_000)).map(
          ({ job: { id } }) => id,
        );
        expect(ids).not.toContain(job.id);
      });

      test('holds a postponed job back, and remembers since when it is unroutable', async () => {
        const now = (time += 1_000_000);
        const job = aJob();
        await store.create([job], now);
        await store.postpone([{ jobId: job.id, until: now + 50, unroutableSince: now }]);
        const find = async (at: number): Promise<unknown> =>
          (await store.claimOutbox(at, at + 1, 1_000)).find((item) => item.job.id === job.id)
            ?.unroutableSince;
        expect(await find(now + 49)).toBeUndefined();
        expect(await find(now + 50)).toBe(now);
      });
    });

    describe('a job with attempts left', () => {
      test('comes into the outbox again once its pause is over, and keeps its policy', async () => {
        const now = 700_000_000;
        const retry = {
          attempts: 3,
          delaySeconds: 5,
          maxDelaySeconds: 60,
          on: ['ActorError'] as const,
        };
        const job = aJob({ retry, retryOf: 'another', dispatchedAt: now });
        await store.create([job], now);
        expect(await store.get([job.id])).toEqual([job]);
        const failed = { type: 'failed', reason: 'ActorError', error: 'broken' } as const;
        const apply = (at: number) =>
          store.apply([{ jobId: job.id, event: { ...failed, details: null } }], at);
        expect(await apply(now)).toMatchObject([
          { kind: 'applied', state: { status: 'Pending', attempt: 2, retryAt: now + 5_000 } },
        ]);
        const find = async (at: number) =>
          (await store.claimOutbox(at, at + 1, 1_000)).find((item) => item.job.id === job.id)?.job;
        expect(await find(now + 4_999)).toBeUndefined();
        expect(await find(now + 5_000)).toMatchObject({ attempt: 2, retry, retryOf: 'another' });
        // The first attempt's confirm comes late, and is not the second one's.
        await store.markDispatched([{ id: job.id, outboxSeq: 1 }], now + 5_001);
        expect(await find(now + 6_000)).toMatchObject({ dispatchedAt: null });
      });
    });

    describe('the backlog of the outbox', () => {
      test('counts what still has to be published, leased or not, and tells the oldest', async () => {
        const before = await store.outboxBacklog();
        const [oldest, leased] = [aJob({ createdAt: -400 }), aJob({ createdAt: -300 })];
        const [sent, over] = [aJob({ createdAt: -500 }), aJob({ createdAt: -600 })];
        const child = aJob({ createdAt: -700, dispatchedAt: -700 });
        await store.create([oldest, leased, sent, over], 0);
        await store.create([child], 0);
        await store.markDispatched([sent], 1);
        await store.apply([{ jobId: over.id, event: succeeded(1) }], 1);
        await store.postpone([{ jobId: leased.id, until: 1e12, unroutableSince: 1 }]);
        expect(await store.outboxBacklog()).toEqual({
          jobs: before.jobs + 2,
          oldestSince: oldest.updatedAt,
        });
        await store.markDispatched([oldest, leased], 1);
        expect(await store.outboxBacklog()).toEqual(before);
      });

      test('has no oldest job while it is empty', async () => {
        const fresh = await open();
        expect(await fresh.store.outboxBacklog()).toEqual({ jobs: 0, oldestSince: null });
        await fresh.close();
      });
    });

    describe('due', () => {
      test('finds passed deadlines and lost heartbeats of unfinished jobs, longest overdue first', async () => {
        const early = aJob({ deadline: 100 });
        const late = aJob({ deadline: 9_000_000, heartbeatTimeoutSeconds: 1 });
        const over = aJob({ deadline: 50 });
        const never = aJob();
        const future = aJob({ deadline: 999_000_000_000 });
        await store.create([late, early, over, never, future], 0);
        await store.apply(
          [
            { jobId: late.id, event: progress(0, 'received') },
            { jobId: over.id, event: succeeded(1) },
          ],
          10,
        );
        const ours = new Set([early, late, over, never, future].map(({ id }) => id));
        const due = async (now: number): Promise<string[]> =>
          (await store.due(now, 0, 1_000)).filter((id) => ours.has(id));
        expect(await due(99)).toEqual([]);
        expect(await due(100)).toEqual([early.id]);
        expect(await due(1_010)).toEqual([early.id, late.id]);
        expect((await store.due(1_010, 0, 1)).length).toBe(1);
        // Nobody could hear for a second before 1,010, so that silence proves nothing.
        expect(await store.due(1_010, 11, 1_000)).not.toContain(late.id);
      });
    });

    describe('purge', () => {
      test('removes jobs finished before an instant with their history, a few at a time', async () => {
        const jobs = [1, 2, 3, 4].map(() => aJob());
        await store.create(jobs, 0);
        const [first, second, third, open] = jobs.map(({ id }) => id);
        for (const [id, at] of [
          [first, -3],
          [second, -2],
          [third, -1],
        ] as const) {
          await store.apply([{ jobId: id ?? '', event: succeeded(1) }], at);
        }
        expect(await store.purge(-1, 1)).toEqual({ removed: 1, more: true });
        expect(await store.purge(-1, 10)).toEqual({ removed: 1, more: false });
        expect(await store.purge(-1, 10)).toEqual({ removed: 0, more: false });
        const left = await store.get([first ?? '', second ?? '', third ?? '', open ?? '']);
        expect(left.map((job) => job?.id)).toEqual([undefined, undefined, third, open]);
        const [gone] = await store.history([{ jobId: first ?? '', after: 0 }], 10);
        expect(gone).toEqual([]);
      });
    });

    test('answers that it is there', async () => {
      expect(await store.unavailable()).toBeNull();
    });
  });
}
