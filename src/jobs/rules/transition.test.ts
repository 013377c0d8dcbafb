import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anEvent } from '../../../test/support/events.ts';
import { aJob } from '../../../test/support/jobs.ts';
import type { JobEvent, Progress } from '../event.ts';
import type { InputRequest, JobInput } from '../job-input.ts';
import { isFinal, jobStatuses, type JobState, type JobStatus } from '../job.ts';
import type { Decision, Refusal } from './decision.ts';
import { transition } from './transition.ts';

const now = 2_000_000;

const events = {
  heartbeat: {
    type: 'heartbeat',
    actorName: 'download',
    stepStatus: 'processing',
    message: null,
  },
  progress: {
    type: 'progress',
    step: 'download',
    stepIndex: 0,
    totalSteps: 2,
    stepStatus: 'received',
    message: null,
  },
  asked: {
    type: 'asked',
    step: 'download',
    stepIndex: 0,
    requests: { size: { method: 'elicitation/create', params: { message: 'Which size?' } } },
    payload: { url: 'u' },
    metadata: { job_id: 'j' },
  },
  answered: { type: 'answered', answers: { name: { action: 'decline' } } },
  succeeded: { type: 'succeeded', result: { n: 1 } },
  failed: { type: 'failed', reason: 'ActorError', error: 'broken', details: null },
  cancelled: { type: 'cancelled', reason: 'CancelledByClient', message: null },
  deadline: { type: 'deadline' },
  'heartbeat-lost': { type: 'heartbeat-lost' },
} as const satisfies Record<JobEvent['type'], JobEvent>;

const question: InputRequest = { method: 'elicitation/create', params: { message: 'Your name?' } };

const waiting: JobInput = {
  steps: ['download', 'enhance'],
  stepIndex: 0,
  requests: { name: question },
  answers: {},
  payload: { url: 'u' },
  metadata: { job_id: 'j' },
  msLeft: null,
};

/** A job in each status, whose deadline and heartbeat are due at `now`, with its usual outcome. */
function jobIn(status: JobStatus): JobState {
  return aJob({
    status,
    deadline: now + 1,
    heartbeatTimeoutSeconds: 10,
    heartbeatDueAt: isFinal(status) || status === 'Pending' ? null : now,
    finishedAt: isFinal(status) ? now - 1 : null,
    ...(status === 'InputRequired' && { input: waiting }),
    ...(status === 'Succeeded' && { result: { n: 1 }, progressPercent: 100 }),
    ...(status === 'Failed' && { reason: 'ActorError', error: 'broken' }),
    ...(status === 'Cancelled' && { reason: 'CancelledByClient' }),
  });
}

function outcome(decision: Decision): JobStatus | Refusal {
  return decision.kind === 'applied' ? decision.state.status : decision.refusal;
}

describe('the table of status × event', () => {
  const expected: Record<JobStatus, Record<JobEvent['type'], JobStatus | Refusal>> = {
    Pending: {
      heartbeat: 'Running',
      progress: 'Running',
      asked: 'InputRequired',
      answered: 'not-asked',
      succeeded: 'Succeeded',
      failed: 'Failed',
      cancelled: 'Cancelled',
      deadline: 'not-due',
      'heartbeat-lost': 'not-due',
    },
    Running: {
      heartbeat: 'Running',
      progress: 'Running',
      asked: 'InputRequired',
      answered: 'not-asked',
      succeeded: 'Succeeded',
      failed: 'Failed',
      cancelled: 'Cancelled',
      deadline: 'not-due',
      'heartbeat-lost': 'Failed',
    },
    InputRequired: {
      heartbeat: 'waiting-for-input',
      progress: 'waiting-for-input',
      asked: 'waiting-for-input',
      answered: 'Pending',
      succeeded: 'Succeeded',
      failed: 'Failed',
      cancelled: 'Cancelled',
      deadline: 'not-due',
      'heartbeat-lost': 'not-due',
    },
    Succeeded: {
      heartbeat: 'finished',
      progress: 'finished',
      asked: 'finished',
      answered: 'finished',
      succeeded: 'repeated',
      failed: 'conflict',
      cancelled: 'conflict',
      deadline: 'not-due',
      'heartbeat-lost': 'not-due',
    },
    Failed: {
      heartbeat: 'finished',
      progress: 'finished',
      asked: 'finished',
      answered: 'finished',
      succeeded: 'conflict',
      failed: 'repeated',
      cancelled: 'conflict',
      deadline: 'not-due',
      'heartbeat-lost': 'not-due',
    },
    Cancelled: {
      heartbeat: 'finished',
      progress: 'finished',
      asked: 'finished',
      answered: 'finished',
      succeeded: 'conflict',
      failed: 'conflict',
      cancelled: 'repeated',
      deadline: 'not-due',
      'heartbeat-lost': 'not-due',
    },
  };

  for (const status of jobStatuses) {
    for (const [type, event] of Object.entries(events)) {
      test(`${status} × ${type}`, () => {
        const want = expected[status][event.type];
        expect(outcome(transition(jobIn(status), event, now))).toBe(want);
      });
    }
  }
});

describe('outcomes', () => {
  test('another result or error than the one that stands is a conflict', () => {
    const other = [
      transition(jobIn('Succeeded'), { type: 'succeeded', result: { n: 2 } }, now),
      transition(jobIn('Failed'), { ...events.failed, error: 'something else' }, now),
      transition(jobIn('Failed'), { ...events.failed, reason: 'Unroutable' }, now),
    ];
    expect(other.map(outcome)).toEqual(['conflict', 'conflict', 'conflict']);
  });

  test('success sets 100 percent, all steps done, and no reason', () => {
    const decision = transition(jobIn('Running'), events.succeeded, now);
    expect(decision).toMatchObject({
      kind: 'applied',
      state: { progressPercent: 100, stepsCompleted: 2, reason: null, finishedAt: now },
      update: { status: 'Succeeded', result: { n: 1 }, progressPercent: 100, timestamp: now },
    });
  });

  test('a failure keeps the percentage reached, and what the actor gave', () => {
    const job = { ...jobIn('Running'), progressPercent: 55 };
    const details = { type: 'ValueError', traceback: '…' };
    expect(transition(job, { ...events.failed, details }, now)).toMatchObject({
      state: { progressPercent: 55, error: 'broken', errorDetails: details, finishedAt: now },
      update: { reason: 'ActorError', stepStatus: 'error', error: 'broken' },
    });
  });
});

describe('timers', () => {
  test('the deadline ends any unfinished job from its very instant on', () => {
    for (const status of ['Pending', 'Running', 'InputRequired'] as const) {
      const decision = transition(jobIn(status), events.deadline, now + 1);
      expect(decision).toMatchObject({
        state: { status: 'Failed', reason: 'DeadlineExceeded', error: 'job timed out' },
      });
    }
  });

  test('a report after the deadline is refused, a result is not: it is what the caller wants', () => {
    const job = jobIn('Running');
    expect(outcome(transition(job, events.heartbeat, now + 1))).toBe('past-deadline');
    expect(outcome(transition(job, events.progress, now + 1))).toBe('past-deadline');
    expect(outcome(transition(job, events.succeeded, now + 1))).toBe('Succeeded');
  });

  test('a heartbeat is due from pick-up until the step is completed', () => {
    const due = (stepStatus: Progress['stepStatus']): unknown => {
      const decision = transition(jobIn('Pending'), { ...events.progress, stepStatus }, now);
      return decision.kind === 'applied' ? decision.state.heartbeatDueAt : decision;
    };
    expect(due('received')).toBe(now + 10_000);
    expect(due('processing')).toBe(now + 10_000);
    expect(due('completed')).toBeNull();
  });

  test('a heartbeat in time disarms HeartbeatLost', () => {
    const decision = transition(jobIn('Running'), events.heartbeat, now);
    const state = decision.kind === 'applied' ? decision.state : jobIn('Running');
    expect(outcome(transition(state, events['heartbeat-lost'], now + 9_999))).toBe('not-due');
    expect(transition(state, events['heartbeat-lost'], now + 10_000)).toMatchObject({
      state: { reason: 'HeartbeatLost', error: 'no heartbeat from step download for 10 s' },
    });
  });
});

describe('progress', () => {
  const at = (
    stepIndex: number,
    totalSteps: number,
    stepStatus: Progress['stepStatus'],
  ): unknown => {
    const event = { ...events.progress, stepIndex, totalSteps, stepStatus };
    const decision = transition(aJob(), event, now);
    return decision.kind === 'applied' ? decision.state.progressPercent : decision;
  };

  test('is (step_index * 100 + weight) / total_steps, below 100 until success', () => {
    expect(at(0, 4, 'received')).toBe(2.5);
    expect(at(0, 4, 'processing')).toBe(12.5);
    expect(at(0, 4, 'completed')).toBe(25);
    expect(at(2, 4, 'processing')).toBe(62.5);
    expect(at(3, 4, 'completed')).toBe(99);
  });

  test('a percentage of the step takes the place of the weight', () => {
    const percentOf = (event: JobEvent): unknown => {
      const decision = transition(jobIn('Pending'), event, now);
      return decision.kind === 'applied' ? decision.state.progressPercent : decision;
    };
    expect(percentOf({ ...events.progress, totalSteps: 4, percent: 80 })).toBe(20);
    expect(percentOf({ ...events.progress, totalSteps: 4, percent: 0 })).toBe(0);
    expect(percentOf({ ...events.progress, totalSteps: 1, percent: 100 })).toBe(99);
    expect(percentOf({ ...events.heartbeat, percent: 30 })).toBe(15);
  });

  test('a message delivered again proves life, and takes nothing back', () => {
    const job = aJob({
      status: 'Running',
      route: { steps: ['download', 'enhance'], current: 1, metadata: {} },
      currentStep: 'enhance',
      stepStatus: 'received',
      progressPercent: 55,
    });
    const decision = transition(job, events.progress, now);
    expect(decision).toEqual({
      kind: 'applied',
      state: { ...job, lastHeartbeatAt: now, dispatchedAt: now },
      update: null,
    });
  });
});

describe('a route that actors change', () => {
  const route = ['download', 'sharpen', 'enhance'];
  const changed = (event: Partial<Progress>, job: JobState = aJob()): JobState => {
    const decision = transition(job, { ...events.progress, ...event }, now);
    return decision.kind === 'applied' ? decision.state : job;
  };

  test('a longer one takes the place of the job’s, and progress counts its steps', () => {
    const state = changed({ stepStatus: 'completed', route });
    expect(state.route).toEqual({ ...aJob().route, metadata: state.route.metadata, steps: route });
    expect(state.progressPercent).toBeCloseTo(33.33);
  });

  test('progress that was made on the shorter one is kept', () => {
    const half = changed({ stepStatus: 'completed' });
    expect(changed({ stepStatus: 'completed', route, message: 'again' }, half)).toMatchObject({
      progressPercent: 50,
      route: { steps: route },
    });
  });

  test('a shorter one is no news: the job’s length counts', () => {
    const state = changed({ stepStatus: 'completed', totalSteps: 1, route: ['download'] });
    expect(state).toMatchObject({
      progressPercent: 50,
      route: { steps: ['download', 'enhance'] },
    });
  });

  test('a message delivered again cannot take it back', () => {
    const ahead = changed({ step: 'sharpen', stepIndex: 1, route });
    expect(changed({ route: [...route, 'frame'] }, ahead).route.steps).toEqual(route);
  });
});

describe('the step of a heartbeat', () => {
  const steps = ['download', 'resize-large', 'download', 'upload'];
  const stepOf = (actorName: string, current: number): unknown => {
    const job = aJob({ route: { steps, current, metadata: {} } });
    const decision = transition(job, { ...events.heartbeat, actorName }, now);
    return decision.kind === 'applied' ? decision.state.route.current : decision;
  };

  test('is the one named like the actor, the way ahead first', () => {
    expect(stepOf('upload', 0)).toBe(3);
    expect(stepOf('download', 0)).toBe(0);
    expect(stepOf('download', 1)).toBe(2);
  });

  test('else the first that contains the name without -actor, else the current one', () => {
    expect(stepOf('resize-actor', 0)).toBe(1);
    expect(stepOf('somebody', 1)).toBe(1);
  });
});

/** What the tables' CHECKs ask for, and what everybody who reads a route may rely on. */
function expectStorable({ route, progressPercent, stepsCompleted }: JobState): void {
  expect(progressPercent).toBeGreaterThanOrEqual(0);
  expect(progressPercent).toBeLessThanOrEqual(100);
  expect(stepsCompleted).toBeGreaterThanOrEqual(0);
  expect(route.current).toBeGreaterThanOrEqual(0);
  expect(route.current).toBeLessThan(Math.max(route.steps.length, 1));
}

const aHistory = fc.array(fc.tuple(anEvent(), fc.nat(20_000)), { maxLength: 40 });

describe('a job whose route nobody knows', () => {
  const orphan = aJob({ route: { steps: [], current: 0, metadata: {} }, currentStep: null });

  test.each([undefined, 0, 50, 100])('has no progress by a heartbeat of %s %%', (percent) => {
    const beat = { ...events.heartbeat, ...(percent !== undefined && { percent }) };
    expect(transition(orphan, beat, now)).toMatchObject({
      kind: 'applied',
      state: { status: 'Running', progressPercent: 0, route: { steps: [], current: 0 } },
    });
  });

  test('gets its route by the first report that tells it', () => {
    const route = ['download', 'enhance'];
    const told = transition(orphan, { ...events.progress, stepIndex: 1, route }, now);
    expect(told).toMatchObject({
      state: { progressPercent: 55, route: { steps: route, current: 1 } },
    });
  });
});

describe('random histories', () => {
  test('invariants 3, 4 and 6: one outcome, gapless seq, progress never decreases', () => {
    fc.assert(
      fc.property(aHistory, fc.nat(5), (history, length) => {
        const steps = ['download', 'enhance', 'more', 'download', 'last'].slice(0, length);
        const route = { steps, current: 0, metadata: {} };
        let job: JobState = aJob({ deadline: 1_300_000, heartbeatTimeoutSeconds: 5, route });
        let at = job.createdAt;
        let finished: JobState | null = null;
        for (const [event, pause] of history) {
          at += pause;
          const decision = transition(job, event, at);
          if (decision.kind === 'refused') continue;
          const { state, update } = decision;
          expect(finished).toBeNull();
          expectStorable(state);
          expect(state.seq).toBe(job.seq + (update === null ? 0 : 1));
          expect(state.progressPercent).toBeGreaterThanOrEqual(job.progressPercent);
          expect(state.progressPercent === 100).toBe(state.status === 'Succeeded');
          expect(state.finishedAt !== null).toBe(isFinal(state.status));
          expect(state.reason !== null).toBe(
            state.status === 'Failed' || state.status === 'Cancelled',
          );
          if (update !== null) expect(update).toMatchObject({ seq: state.seq, timestamp: at });
          job = state;
          if (isFinal(state.status)) finished = state;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
