import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActorBroker, ActorConnector, Delivery } from '../src/actor/actor-broker.ts';
import type { ActorReport } from '../src/jobs/engine/actor-reports.ts';
import type { Broker, CalledOffJob, ReportFate } from '../src/jobs/ports/broker.ts';
import type { Envelope } from '../src/jobs/envelope.ts';
import { StoreUnavailable, type ApplyOutcome } from '../src/jobs/ports/job-store.ts';
import type { ReportIntake } from '../src/wire/report-intake.ts';
import { anEnvelope } from './support/actor-gateway.ts';
import { anIntake } from './support/intake.ts';
import { aJob } from './support/jobs.ts';
import { Recorded } from './support/recorded.ts';

/** A message that nobody could use. */
export interface KeptLetter {
  readonly body: Buffer;
  readonly reason: string;
}

export interface BrokerParts {
  readonly intake: ReportIntake;
  readonly isActive: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly onReport: (queue: string, fate: ReportFate) => void;
}

export interface BrokerUnderTest {
  /** Not started yet. */
  readonly broker: Broker & ActorConnector;
  /** A name for a step that nobody else uses. */
  step(): string;
  /** Puts a message into the report queue as it is. Rejects if the broker gave it back. */
  send(body: Buffer): Promise<void>;
  /** The next message that is kept as unusable, waited for. */
  letter(): Promise<KeptLetter>;
  /** Once the broker has stopped: is the report that it was sent still there for the next one? */
  isLeft(sending: Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

/** What a broker cannot do leaves out the tests of it. */
export interface Abilities {
  /** Says `unroutable` where no queue takes a message. Default true. */
  readonly tellsUnroutable?: boolean;
}

const maxResultBytes = 2 * 1_048_576;

const applied: ApplyOutcome = { kind: 'applied', state: aJob(), update: null };
const repeated: ApplyOutcome = { kind: 'refused', state: aJob(), refusal: 'repeated' };

const beat = (jobId: string, message = '') =>
  JSON.stringify({
    type: 'heartbeat',
    job_id: jobId,
    actor_name: 'a',
    status: 'processing',
    message,
  });
const succeeds = { type: 'final', status: 'succeeded', result: 1 };

const final = (jobId: string, result: string) =>
  `{"type":"final","job_id":"${jobId}","status":"succeeded","result":${result}}`;
const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** What every Broker does, whatever it is made of. */
export function brokerContract(
  name: string,
  open: (parts: BrokerParts) => Promise<BrokerUnderTest>,
  { tellsUnroutable = true }: Abilities = {},
): void {
  describe(`${name} keeps the broker contract`, () => {
    let opened: BrokerUnderTest;
    let broker: BrokerUnderTest['broker'];
    let actors: ActorBroker;
    let taken: Recorded<ActorReport>;
    let fates: Recorded<ReportFate>;
    /** What becomes of a report in the store; a test may replace it. */
    let store: (report: ActorReport) => Promise<ApplyOutcome>;

    beforeEach(async () => {
      taken = new Recorded();
      fates = new Recorded();
      store = async () => applied;
      const intake = anIntake({
        maxResultBytes,
        take: async (report) => {
          const outcome = await store(report);
          taken.add(report);
          return outcome;
        },
      });
      const onReport = (_queue: string, fate: ReportFate) => fates.add(fate);
      const isActive = async (jobId: string, attempt: number | null) =>
        jobId.startsWith('active') && attempt !== 1;
      opened = await open({ intake, isActive, onReport });
      ({ broker } = opened);
      await broker.start();
      actors = await broker.connectActors();
    });
    afterEach(async () => {
      await actors.close();
      await broker.stop();
      await opened.close();
    });

    const send = (body: string | Buffer) => opened.send(Buffer.from(body));

    /** Consumes a step's queue; the deliveries are recorded and acknowledged. */
    async function consume(step: string): Promise<Recorded<Delivery>> {
      const deliveries = new Recorded<Delivery>();
      await actors.consume(step, 10, async (delivery) => deliveries.add(delivery));
      return deliveries;
    }

    /** A message for a step that is consumed, and the first thing its actor got. */
    async function delivered(given: Partial<Envelope>): Promise<Delivery> {
      const step = opened.step();
      const deliveries = await consume(step);
      expect(await broker.publish(anEnvelope({ steps: [step], ...given }))).toBe('confirmed');
      const [first] = await deliveries.atLeast(1);
      if (first === undefined) throw new Error('nothing was delivered');
      return first;
    }

    describe('publishing', () => {
      test('is possible once it has started, and reports are heard', () => {
        expect(broker.unavailable()).toBeNull();
        expect(broker.canHear()).toBe(true);
      });

      test('brings an envelope to the actor of its step, whole', async () => {
        const answers = { size: { action: 'accept', content: { n: 1 } } };
        const given = { payload: { 'ü\u2028': [null, 1.5, '"'] }, headers: { h: 'x' }, answers };
        const { envelope, redelivered } = await delivered(given);
        expect(envelope).toMatchObject(given);
        expect(redelivered).toBe(false);
      });

      test('brings a large one, too', async () => {
        const payload = { text: 'x'.repeat(3 * 1_048_576) };
        expect((await delivered({ payload })).envelope.payload).toEqual(payload);
      });

      test('tells actors where to report', async () => {
        const { envelope, replyTo } = await delivered({ jobId: 'J1' });
        if (replyTo === null) throw new Error('nobody wants reports');
        await actors.report(replyTo, { type: 'final', job_id: envelope.jobId, status: 'failed' });
        expect(await taken.atLeast(1)).toMatchObject([{ jobId: 'J1', event: { type: 'failed' } }]);
      });

      test.runIf(tellsUnroutable)('is unroutable while no queue is there', async () => {
        const step = opened.step();
        const envelope = anEnvelope({ steps: [step] });
        expect(await broker.publish(envelope)).toBe('unroutable');
        await consume(step);
        expect(await broker.publish(envelope)).toBe('confirmed');
      });

      test('is refused beyond the end of the route', async () => {
        expect(await broker.publish(anEnvelope({ current: 1, steps: ['a'] }))).toBe('refused');
      });
    });

    test('a job that is called off is told to every group of actors', async () => {
      if (broker.calledOff === undefined) return;
      const others = await broker.connectActors();
      const job = { jobId: 'J1', reason: 'CancelledByClient' };
      const heard = [actors, others].map((group) => {
        const jobs = new Recorded<CalledOffJob>();
        group.onCalledOff((calledOff) => jobs.add(calledOff));
        return jobs;
      });
      // What is announced before an actor listens is not heard, and nobody can tell when it does.
      await expect
        .poll(() => {
          broker.calledOff?.(job);
          return heard.map(({ all }) => all[0]);
        })
        .toEqual([job, job]);
      await others.close();
    });

    describe('a report', () => {
      test('is committed as what it says, and its fate is told', async () => {
        await send(final('J1', '{"n":1}'));
        await fates.atLeast(1);
        expect(taken.all).toEqual([
          { jobId: 'J1', event: { type: 'succeeded', result: { n: 1 } } },
        ]);
        expect(fates.all).toEqual(['applied']);
      });

      test('is committed in the order in which it was sent', async () => {
        const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`);
        await Promise.all(messages.map((message, i) => send(beat(`J${i % 3}`, message))));
        const reports = await taken.atLeast(100);
        expect(reports.map(({ event }) => 'message' in event && event.message)).toEqual(messages);
      });

      test('tells of a child that nobody registered', async () => {
        const child = { parent_id: 'J1', steps: ['a', 'b'] };
        await send(JSON.stringify({ ...JSON.parse(final('J1-1', '1')), ...child }));
        expect(await taken.atLeast(1)).toMatchObject([
          { jobId: 'J1-1', child: { parentId: 'J1', steps: ['a', 'b'], orphan: 'create' } },
        ]);
      });

      test('that its job refuses, or a sign of life of an unknown job, is done with', async () => {
        store = async ({ event }) => (event.type === 'heartbeat' ? { kind: 'unknown' } : repeated);
        await send(final('J1', '1'));
        await send(beat('J404'));
        expect(await fates.atLeast(2)).toEqual(['refused', 'refused']);
      });

      test('may be as large as a result may be', async () => {
        await send(final('J1', text(maxResultBytes)));
        const [report] = await taken.atLeast(1);
        expect(report?.event).toMatchObject({ type: 'succeeded' });
      });

      test('may nest a few levels deeper than arguments of a tool may', async () => {
        await send(final('J1', nested(70)));
        const [report] = await taken.atLeast(1);
        expect(report?.event).toMatchObject({ type: 'succeeded' });
      });

      test('loses only the characters that no store can hold', async () => {
        await send(final('J1', '{"__proto__":"a\\u0000b\\ud800"}'));
        const [report] = await taken.atLeast(1);
        expect(JSON.stringify(report?.event)).toBe(
          '{"type":"succeeded","result":{"__proto__":"a\uFFFDb\uFFFD"}}',
        );
      });
    });

    describe('what nobody can use is kept with the reason', () => {
      test.each<[string, string | Buffer, RegExp]>([
        ['nothing', '', /JSON/],
        ['no JSON', '{"type":', /JSON/],
        ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /utf-8/],
        ['no report', '{"type":"progress","job_id":"J1","n":12345678901234567890}', /progress/],
        ['no known report', '{"type":"__proto__","job_id":"J1"}', /type/],
        ['a report of no job', beat('no id'), /job_id/],
        [
          'a step beyond the route',
          '{"type":"progress","job_id":"J1","step":"a","step_index":9,"total_steps":9,"status":"received"}',
          /step_index/,
        ],
      ])('%s', async (_what, body, reason) => {
        await send(body);
        const letter = await opened.letter();
        expect(letter.reason).toMatch(reason);
        expect(letter.body).toEqual(Buffer.from(body));
        expect(await fates.atLeast(1)).toEqual(['dead-lettered']);
        expect(taken.all).toEqual([]);
      });

      test('the outcome of a job that nobody knows', async () => {
        store = async () => ({ kind: 'unknown' });
        await send(final('J404', '1'));
        expect((await opened.letter()).reason).toBe('unknown job J404');
      });

      test('a sign of life that the store fails on again and again', async () => {
        let tries = 0;
        store = async () => {
          tries++;
          throw new Error('invalid input');
        };
        await send(beat('J1'));
        expect((await opened.letter()).reason).toBe('invalid input');
        expect(tries).toBe(5);
      });
    });

    describe('an outcome that cannot be kept fails its job at once, and nobody else notices', () => {
      test.each<[string, string, RegExp]>([
        ['too large by a byte', text(maxResultBytes + 1), /too large.*ASYA_MAX_RESULT_BYTES/],
        ['much too large', text(3 * maxResultBytes), /too large.*ASYA_MAX_RESULT_BYTES/],
        ['too deep', nested(5_000), /nests deeper/],
        ['not JSON, as Python writes it', '[NaN, Infinity]', /JSON/],
        ['not UTF-8', '"\udcff"', /utf-8/],
      ])('%s', async (_what, result, reason) => {
        const body = Buffer.from(final('J1', result).replace('\udcff', '\u00ff'), 'latin1');
        await send(body);
        await send(final('J2', '1'));
        expect(await taken.atLeast(2)).toEqual(
          expect.arrayContaining([
            {
              jobId: 'J1',
              event: {
                type: 'failed',
                reason: 'ResultRejected',
                error: expect.stringMatching(reason),
                details: null,
              },
            },
            { jobId: 'J2', event: { type: 'succeeded', result: 1 } },
          ]),
        );
        const letter = await opened.letter();
        expect(letter.reason).toMatch(reason);
        expect(letter.body.equals(body)).toBe(true);
      });

      test.each<[string, object, RegExp]>([
        ['of another status', { type: 'final', status: 'Succeeded', result: 1 }, /status/],
        ['with a time that is a number', { ...succeeds, timestamp: 1_767_225_600 }, /timestamp/],
        ['with an attempt that is a text', { ...succeeds, attempt: '1' }, /attempt/],
        ['that asks without a step', { type: 'input_required', requests: {} }, /step/],
      ])('%s', async (_what, report, reason) => {
        await send(JSON.stringify({ job_id: 'J1', ...report }));
        const [rejected] = await taken.atLeast(1);
        expect(rejected).toMatchObject({
          jobId: 'J1',
          event: { reason: 'ResultRejected', error: expect.stringMatching(reason) },
        });
        expect((await opened.letter()).reason).toMatch(reason);
        expect(await fates.atLeast(1)).toEqual(['dead-lettered']);
      });

      test('a failure whose error is no text stays a failure', async () => {
        await send('{"type":"final","job_id":"J1","status":"failed","error":{"code":7}}');
        const [failed] = await taken.atLeast(1);
        expect(failed).toMatchObject({
          jobId: 'J1',
          event: { reason: 'ActorError', error: expect.stringMatching(/error/) },
        });
      });

      test('refused by the store again and again', async () => {
        store = async ({ event }) => {
          if (event.type === 'succeeded') throw new Error('invalid input');
          return applied;
        };
        await send(final('J1', '1'));
        expect((await opened.letter()).reason).toMatch(/invalid input/);
        expect(taken.all).toMatchObject([{ jobId: 'J1', event: { reason: 'ResultRejected' } }]);
      });

      test('too large for the store to take in time, though it takes others', async () => {
        let others = 0;
        store = async ({ jobId, event }) => {
          if (jobId !== 'J1' || event.type !== 'succeeded') return applied;
          await send(final(`other-${others++}`, '1'));
          throw new StoreUnavailable('statement timeout');
        };
        await send(final('J1', text(maxResultBytes)));
        expect((await opened.letter()).reason).toMatch(/cannot be stored: statement timeout/);
        const ofFirst = taken.all.filter(({ jobId }) => jobId === 'J1');
        expect(ofFirst).toMatchObject([{ event: { reason: 'ResultRejected' } }]);
      });

      test('a failure stays one, with its error', async () => {
        const failed = { type: 'final', job_id: 'J1', status: 'failed', error: 'no such image' };
        await send(JSON.stringify({ ...failed, error_details: 'x'.repeat(2 * maxResultBytes) }));
        const [report] = await taken.atLeast(1);
        expect(report?.event).toMatchObject({
          reason: 'ActorError',
          error: expect.stringMatching(/^no such image: .*too large/),
        });
      });

      test('so does a question, because its step waits for answers', async () => {
        const asked = {
          type: 'input_required',
          job_id: 'J1',
          payload: 'x'.repeat(2 * maxResultBytes),
        };
        await send(JSON.stringify(asked));
        expect(await taken.atLeast(1)).toMatchObject([
          { jobId: 'J1', event: { reason: 'ResultRejected' } },
        ]);
      });

      test('but a sign of life says nothing of the outcome', async () => {
        await send(beat('J1', 'x'.repeat(2 * maxResultBytes)));
        expect((await opened.letter()).reason).toMatch(/too large/);
        expect(taken.all).toEqual([]);
      });
    });

    describe('in an outage of the store (invariant 8)', () => {
      test('reports wait, and are committed in order once it is back', async () => {
        const tried = Promise.withResolvers<void>();
        let isAway = true;
        store = async () => {
          if (!isAway) return applied;
          tried.resolve();
          throw new StoreUnavailable('away');
        };
        const ids = Array.from({ length: 20 }, (_, i) => `J${i}`);
        const sendings = ids.map((id) => send(final(id, '1')));
        await tried.promise;
        isAway = false;
        await Promise.all(sendings);
        expect((await taken.atLeast(20)).map(({ jobId }) => jobId)).toEqual(ids);
        expect(await fates.atLeast(20)).toEqual(ids.map(() => 'applied'));
      });

      test('stopping gives back what waits', async () => {
        const tried = Promise.withResolvers<void>();
        store = async () => {
          tried.resolve();
          throw new StoreUnavailable('away');
        };
        const left = opened.isLeft(send(final('J1', '1')));
        await tried.promise;
        await Promise.all([actors.close(), broker.stop()]);
        expect(await left).toBe(true);
        expect(fates.all).toEqual([]);
      });
    });

    test('an actor that asks hears whether its job is active, once its report is committed', async () => {
      const { replyTo } = await delivered({});
      if (replyTo === null) throw new Error('nobody wants reports');
      const sign = { type: 'heartbeat', actor_name: 'a', status: 'processing' } as const;
      const ids = ['active', 'over', 'active-2'];
      const asked = ids.map((job_id) => actors.inquire(replyTo, { ...sign, job_id }));
      expect(await Promise.all(asked)).toEqual([true, false, true]);
      expect(taken.all.map(({ jobId }) => jobId)).toEqual(ids);
      const ofAttempt = (attempt: number) =>
        actors.inquire(replyTo, { ...sign, job_id: 'active', attempt });
      expect([await ofAttempt(1), await ofAttempt(2)]).toEqual([false, true]);
    });

    describe('stopping', () => {
      test('waits for the commits under way', async () => {
        const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        store = async () => {
          begun.resolve();
          await gate.promise;
          return applied;
        };
        const sending = send(final('J1', '1'));
        await begun.promise;
        const stopped = Promise.all([actors.close(), broker.stop()]).then(() => fates.all.length);
        gate.resolve();
        expect(await stopped).toBe(1);
        await sending;
      });

      test('can be done twice', async () => {
        await broker.stop();
        await broker.stop();
      });
    });
  });
}
