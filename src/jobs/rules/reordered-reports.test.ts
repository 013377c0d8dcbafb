import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aJob } from '../../../test/support/jobs.ts';
import type { JobEvent } from '../event.ts';
import { isFinal, type JobState } from '../job.ts';
import { transition } from './transition.ts';

/*
 * What actors report on the way of one message, in any order and any number of times: all replicas
 * take from the report queue, and whatever was not acknowledged comes again.
 */

const heartbeatTimeoutSeconds = 10;

/** Routes may visit a step twice. */
const aRoute = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });

type Telling = 'progress' | 'heartbeats' | 'heartbeats with an index';

/** Everything that is said on a whole way, in order. */
function wayOf(steps: readonly string[], telling: Telling, end: JobEvent): JobEvent[] {
  const reports = steps.flatMap((step, stepIndex) =>
    (['received', 'processing', 'completed'] as const).map((stepStatus): JobEvent => {
      const said = { stepStatus, message: `${stepIndex} ${stepStatus}` };
      if (telling === 'progress') {
        return { type: 'progress', step, stepIndex, totalSteps: steps.length, ...said };
      }
      const index = telling === 'heartbeats' ? {} : { stepIndex };
      return { type: 'heartbeat', actorName: step, ...index, ...said };
    }),
  );
  return [...reports, end];
}

const anEnd = fc.constantFrom<JobEvent>(
  { type: 'succeeded', result: { n: 1 } },
  { type: 'failed', reason: 'ActorError', error: 'broken', details: null },
);

const aWay = fc
  .record({
    steps: aRoute,
    telling: fc.constantFrom<Telling>('progress', 'heartbeats', 'heartbeats with an index'),
    end: anEnd,
  })
  .map(({ steps, telling, end }) => ({ steps, telling, end, events: wayOf(steps, telling, end) }));

function begin(steps: readonly string[]): JobState {
  return aJob({ route: { steps, current: 0, metadata: {} }, heartbeatTimeoutSeconds });
}

function apply(job: JobState, event: JobEvent, now: number): JobState {
  const decision = transition(job, event, now);
  return decision.kind === 'applied' ? { ...job, ...decision.state } : job;
}

describe('reports in any order', () => {
  test('invariants 3, 4 and 6: 10,000 random histories end as the first outcome says, and are never revived', () => {
    const shuffled = aWay.chain(({ steps, end, events }) =>
      fc.record({
        steps: fc.constant(steps),
        end: fc.constant(end),
        // Each at least once, in any order, and any of them again.
        events: fc
          .tuple(
            fc.shuffledSubarray(events, { minLength: events.length }),
            fc.array(fc.constantFrom(...events)),
          )
          .chain(([all, again]) =>
            fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }),
          ),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ steps, end, events }) => {
        let job = begin(steps);
        let now = job.createdAt;
        let ended: JobState | null = null;
        for (const event of events) {
          const next = apply(job, event, (now += 10));
          expect(next.seq - job.seq).toBeLessThanOrEqual(1);
          expect(next.progressPercent).toBeGreaterThanOrEqual(job.progressPercent);
          expect(next.route.current).toBeGreaterThanOrEqual(job.route.current);
          expect(next.stepsCompleted).toBeGreaterThanOrEqual(job.stepsCompleted);
          if (ended !== null) expect(next).toEqual(ended);
          job = next;
          if (isFinal(job.status)) ended ??= job;
        }
        expect(job.status).toBe(end.type === 'succeeded' ? 'Succeeded' : 'Failed');
        expect(job.result).toEqual(end.type === 'succeeded' ? { n: 1 } : null);
        expect(job.heartbeatDueAt).toBeNull();
      }),
      { numRuns: 10_000 },
    );
  });

  test('a step that was said to be completed expects no more heartbeats, whatever comes late', () => {
    const late = fc
      .record({ steps: aRoute, indexed: fc.boolean() })
      .chain(({ steps, indexed }) =>
        fc.record({
          steps: fc.constant(steps),
          indexed: fc.constant(indexed),
          upTo: fc.nat(steps.length - 1),
        }),
      )
      .chain(({ steps, indexed, upTo }) => {
        const telling = indexed ? 'heartbeats with an index' : 'progress';
        const said = wayOf(steps, telling, { type: 'deadline' }).slice(0, 3 * (upTo + 1));
        return fc.record({
          steps: fc.constant(steps),
          upTo: fc.constant(upTo),
          said: fc.shuffledSubarray(said, { minLength: said.length }),
          again: fc.array(fc.constantFrom(...said)),
        });
      });
    fc.assert(
      fc.property(late, ({ steps, upTo, said, again }) => {
        let job = begin(steps);
        let now = job.createdAt;
        for (const event of [...said, ...again]) job = apply(job, event, (now += 10));
        expect(job).toMatchObject({
          status: 'Running',
          route: { current: upTo },
          stepStatus: 'completed',
          stepsCompleted: upTo + 1,
          heartbeatDueAt: null,
        });
        const silence = now + 1_000_000;
        expect(apply(job, { type: 'heartbeat-lost' }, silence).status).toBe('Running');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what comes late', () => {
  const steps = ['a', 'b', 'a'];
  const report = (
    stepIndex: number,
    stepStatus: 'received' | 'processing' | 'completed',
  ): JobEvent => ({
    type: 'progress',
    step: steps[stepIndex] ?? '',
    stepIndex,
    totalSteps: 3,
    stepStatus,
    message: null,
  });
  const after = (...events: JobEvent[]): JobState =>
    events.reduce(
      (job, event, i) => apply(job, event, job.createdAt + 1_000 * (i + 1)),
      begin(steps),
    );

  test('the completion of a step before does not disarm the one at work', () => {
    const job = after(report(1, 'received'), report(0, 'completed'));
    expect(job).toMatchObject({ currentStep: 'b', stepStatus: 'received' });
    // It has shown life 2 s after the beginning.
    expect(job.heartbeatDueAt).toBe(job.createdAt + 2_000 + heartbeatTimeoutSeconds * 1_000);
  });

  test('a beat of the step before proves life, and does not arm a step that waits', () => {
    const job = after(report(1, 'completed'), report(0, 'processing'));
    expect(job).toMatchObject({ currentStep: 'b', stepStatus: 'completed', heartbeatDueAt: null });
    expect(job.lastHeartbeatAt).toBe(job.createdAt + 2_000);
  });

  test('a step that was not completed may begin again', () => {
    const job = after(report(0, 'processing'), report(0, 'received'));
    expect(job).toMatchObject({ stepStatus: 'received', message: 'Step a: received' });
    expect(job.heartbeatDueAt).not.toBeNull();
  });

  test('a beat of an actor that the route comes to again is of its first visit while another is at work', () => {
    const beat: JobEvent = {
      type: 'heartbeat',
      actorName: 'a',
      stepStatus: 'processing',
      message: null,
    };
    expect(after(report(1, 'received'), beat)).toMatchObject({
      currentStep: 'b',
      route: { current: 1 },
    });
    expect(after(report(1, 'completed'), beat)).toMatchObject({
      currentStep: 'a',
      route: { current: 2 },
    });
    expect(after(report(1, 'received'), { ...beat, stepIndex: 2 })).toMatchObject({
      route: { current: 2 },
    });
    expect(after(report(1, 'completed'), { ...beat, stepIndex: 0 })).toMatchObject({
      route: { current: 1 },
    });
  });
});
