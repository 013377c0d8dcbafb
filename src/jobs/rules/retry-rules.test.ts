import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anEvent } from '../../../test/support/events.ts';
import { aJob } from '../../../test/support/jobs.ts';
import { envelopeOf } from '../envelope.ts';
import type { Failed, Heartbeat, Progress } from '../event.ts';
import { isFinal, type Job, type JobState } from '../job.ts';
import type { RetryPolicy } from './retry-rules.ts';
import { transition } from './transition.ts';

const policy: RetryPolicy = {
  attempts: 3,
  delaySeconds: 5,
  maxDelaySeconds: 8,
  on: ['ActorError', 'HeartbeatLost'],
};
const failed: Failed = { type: 'failed', reason: 'ActorError', error: 'broken', details: null };
const beat: Heartbeat = {
  type: 'heartbeat',
  actorName: 'download',
  stepStatus: 'processing',
  message: null,
};
const atEnhance: Progress = {
  type: 'progress',
  step: 'enhance',
  stepIndex: 1,
  totalSteps: 2,
  stepStatus: 'processing',
  message: null,
};
const now = 1_000_000;

function stateAfter(job: JobState, event: Parameters<typeof transition>[1], at = now): JobState {
  const decision = transition(job, event, at);
  if (decision.kind === 'refused') throw new Error(decision.refusal);
  return decision.state;
}

/** A job at its second step that has failed once. */
function failedOnce(overrides: Partial<Job> = {}): JobState {
  const job = aJob({ retry: policy, dispatchedAt: now, ...overrides });
  return stateAfter(stateAfter(job, atEnhance), failed);
}

describe('a failure with attempts left', () => {
  test('puts the job back into the outbox, at the beginning of its route', () => {
    const before = stateAfter(aJob({ retry: policy, dispatchedAt: now }), atEnhance);
    const decision = transition(before, failed, now);
    expect(decision).toMatchObject({
      kind: 'applied',
      state: {
        status: 'Pending',
        reason: null,
        attempt: 2,
        retryAt: now + 5_000,
        route: { current: 0 },
        currentStep: 'download',
        stepsCompleted: 0,
        heartbeatDueAt: null,
        dispatchedAt: null,
        outboxSeq: before.seq + 1,
        finishedAt: null,
      },
      update: {
        status: 'Pending',
        message: 'Attempt 1 of 3 failed (ActorError: broken); the next begins in 5 s',
      },
    });
    const state = stateAfter(before, failed);
    expect(state.progressPercent).toBe(before.progressPercent);
    expect(envelopeOf(state as Job)).toMatchObject({ current: 0, steps: ['download', 'enhance'] });
  });

  test('waits twice as long after each attempt, up to the longest pause', () => {
    const second = stateAfter(failedOnce(), failed, now + 60_000);
    expect(second).toMatchObject({ attempt: 3, retryAt: now + 60_000 + 8_000 });
  });

  test('is the last one if the attempts are used up', () => {
    const third = stateAfter(failedOnce(), failed, now + 60_000);
    expect(stateAfter(third, failed, now + 120_000)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: 'broken',
      retryAt: null,
    });
  });

  test.each([
    ['a reason that the policy does not name', { reason: 'Unroutable' }, {}],
    ['a deadline before the next attempt', {}, { deadline: now + 5_000 }],
    ['a failure that another attempt cannot mend', { mayRetry: false }, {}],
    ['no policy', {}, { retry: null }],
  ] as const)('does not count with %s', (_, event, job) => {
    const state = stateAfter(aJob({ retry: policy, ...job }), { ...failed, ...event });
    expect(state.status).toBe('Failed');
  });

  test('also comes from a lost heartbeat, and no heartbeat is due until the next attempt', () => {
    const job = stateAfter(aJob({ retry: policy, heartbeatTimeoutSeconds: 2 }), beat);
    const lost = stateAfter(job, { type: 'heartbeat-lost' }, now + 2_000);
    expect(lost).toMatchObject({ status: 'Pending', attempt: 2, heartbeatDueAt: null });
  });

  test('runs the step again that asked, with its answers', () => {
    const answered = {
      steps: ['download', 'enhance'],
      stepIndex: 1,
      requests: {},
      answers: { size: { action: 'accept' } },
      payload: 'half done',
      metadata: {},
      msLeft: null,
    };
    const route = { steps: ['download', 'enhance'], current: 1, metadata: {} };
    const state = stateAfter(aJob({ retry: policy, input: answered, route }), failed);
    expect(state).toMatchObject({ route: { current: 1 }, currentStep: 'enhance' });
    expect(envelopeOf(state as Job)).toMatchObject({ current: 1, payload: 'half done' });
  });
});

describe('an older attempt', () => {
  test.each([
    ['heartbeat', { ...beat, attempt: 1 }],
    ['progress', { ...atEnhance, attempt: 1 }],
    ['failure', { ...failed, attempt: 1 }],
    ['heartbeat that does not tell its attempt, before the next begins', beat],
    ['failure that does not tell its attempt, before the next begins', failed],
  ])('cannot change the job by a %s', (_, event) => {
    expect(transition(failedOnce(), event, now + 1)).toEqual({
      kind: 'refused',
      refusal: 'stale-attempt',
    });
  });

  test('ends the job by succeeding', () => {
    const state = stateAfter(failedOnce(), { type: 'succeeded', result: 1 }, now + 1);
    expect(state).toMatchObject({ status: 'Succeeded', result: 1, attempt: 2, retryAt: null });
  });

  test('does not take the message of the next attempt out of the outbox', () => {
    const later = now + 6_000;
    expect(stateAfter(failedOnce(), beat, later)).toMatchObject({
      status: 'Running',
      dispatchedAt: null,
    });
    expect(stateAfter(failedOnce(), { ...beat, attempt: 2 }, later)).toMatchObject({
      status: 'Running',
      dispatchedAt: later,
      retryAt: null,
    });
  });
});

test('no sequence of events leaves a final status, or makes more attempts than allowed', () => {
  const history = fc.array(fc.tuple(anEvent(), fc.nat(20_000)), { maxLength: 60 });
  const on = fc.subarray(['ActorError', 'HeartbeatLost', 'Unroutable', 'PublishFailed'] as const);
  fc.assert(
    fc.property(history, on, fc.integer({ min: 2, max: 4 }), (events, reasons, attempts) => {
      const retry = { ...policy, on: reasons, attempts };
      let job: JobState = aJob({ retry, deadline: 1_300_000, heartbeatTimeoutSeconds: 5 });
      let at = job.createdAt;
      for (const [event, pause] of events) {
        at += pause;
        const decision = transition(job, event, at);
        if (decision.kind === 'refused') continue;
        expect(isFinal(job.status)).toBe(false);
        expect(decision.state.attempt).toBeGreaterThanOrEqual(job.attempt);
        expect(decision.state.attempt).toBeLessThanOrEqual(attempts);
        expect(decision.state.progressPercent).toBeGreaterThanOrEqual(job.progressPercent);
        if (decision.state.attempt > job.attempt) {
          expect(decision.state).toMatchObject({ status: 'Pending', dispatchedAt: null });
          expect(decision.state.outboxSeq).toBe(decision.state.seq);
        }
        job = decision.state;
      }
    }),
    { numRuns: 2_000 },
  );
});
