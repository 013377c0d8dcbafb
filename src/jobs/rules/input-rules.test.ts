import { describe, expect, test } from 'vitest';
import { aJob } from '../../../test/support/jobs.ts';
import { envelopeOf } from '../envelope.ts';
import type { Answered, Asked, JobEvent } from '../event.ts';
import type { InputRequest } from '../job-input.ts';
import type { JobState } from '../job.ts';
import { transition } from './transition.ts';

const now = 2_000_000;

const question: InputRequest = { method: 'elicitation/create', params: { message: 'Which size?' } };
const prompt: InputRequest = { method: 'sampling/createMessage', params: {} };

const asked = (given: Partial<Asked> = {}): Asked => ({
  type: 'asked',
  step: 'enhance',
  stepIndex: 1,
  requests: { size: question },
  payload: { url: 'from the first step' },
  metadata: { job_id: 'j', fan_out_children: 2 },
  ...given,
});

const answered = (...keys: string[]): Answered => ({
  type: 'answered',
  answers: Object.fromEntries(keys.map((key) => [key, { action: 'accept', content: { key } }])),
});

const report = (stepIndex: number): JobEvent => ({
  type: 'progress',
  step: 'enhance',
  stepIndex,
  totalSteps: 3,
  stepStatus: 'received',
  message: null,
});

const steps = ['download', 'enhance', 'upload'];

const running = (given: Partial<JobState> = {}): JobState =>
  aJob({
    status: 'Running',
    route: { steps, current: 1, metadata: { job_id: 'j' } },
    dispatchedAt: 1_500_000,
    heartbeatTimeoutSeconds: 5,
    heartbeatDueAt: now,
    seq: 4,
    ...given,
  });

/** The job after events that each must apply, a second after one another. */
function after(job: JobState, ...events: JobEvent[]): JobState {
  return events.reduce((state, event, i) => {
    const decision = transition(state, event, now + i * 1_000);
    if (decision.kind === 'refused') throw new Error(`${event.type}: ${decision.refusal}`);
    return decision.state;
  }, job);
}

function refusal(job: JobState, event: JobEvent, at = now): string | null {
  const decision = transition(job, event, at);
  return decision.kind === 'refused' ? decision.refusal : null;
}

describe('a question', () => {
  test('makes the job wait, with all that its step needs to run again', () => {
    expect(after(running(), asked())).toMatchObject({
      status: 'InputRequired',
      message: 'Waiting for input: Which size?',
      currentStep: 'enhance',
      heartbeatDueAt: null,
      seq: 5,
      input: {
        stepIndex: 1,
        requests: { size: question },
        answers: {},
        payload: { url: 'from the first step' },
        metadata: { job_id: 'j', fan_out_children: 2 },
      },
    });
  });

  test('is in the history, for whoever watches', () => {
    const decision = transition(running(), asked(), now);
    expect(decision).toMatchObject({
      update: { status: 'InputRequired', seq: 5, message: 'Waiting for input: Which size?' },
    });
  });

  test('of a message that was delivered twice is asked once', () => {
    const waiting = after(running(), asked());
    expect(refusal(waiting, asked())).toBe('waiting-for-input');
    const again = after(waiting, answered('size'));
    expect(refusal(again, asked())).toBe('repeated');
    const gone = after(again, report(2));
    expect(refusal(gone, asked())).toBe('repeated');
  });

  test('that comes after others leaves their answers', () => {
    const more = asked({ requests: { size: question, text: prompt } });
    const job = after(running(), asked(), answered('size'), more);
    expect(job.input).toMatchObject({
      requests: { text: prompt },
      answers: { size: { action: 'accept' } },
    });
    expect(Object.keys(job.input?.requests ?? {})).toEqual(['text']);
  });

  test('of a step that actors added is put again on the route as the message has it', () => {
    const route = ['download', 'check', 'enhance', 'upload'];
    const job = after(running(), asked({ stepIndex: 2, route }), answered('size'));
    expect(job.route).toMatchObject({ steps: route, current: 2 });
    const resumed = aJob({ ...job, payload: 'the first' });
    expect(envelopeOf(resumed)).toMatchObject({ steps: route, current: 2 });
    // A route that is as long, or shorter, is no news of the job's, but the message goes on by it.
    const other = ['download', 'sharpen'];
    const turned = after(running(), asked({ stepIndex: 1, route: other }), answered('size'));
    expect(turned.route.steps).toEqual(steps);
    expect(envelopeOf(aJob(turned))).toMatchObject({ steps: other, current: 1 });
  });

  test('of any length is told in a message that is not too long', () => {
    const params = { message: 'x'.repeat(100_000) };
    const job = after(running(), asked({ requests: { size: { ...question, params } } }));
    expect(job.message).toHaveLength(4_096);
    expect(job.input?.requests).toMatchObject({ size: { params } });
  });

  test('comes too late after the deadline', () => {
    expect(refusal(running({ deadline: now }), asked())).toBe('past-deadline');
  });
});

describe('an answer', () => {
  const both = asked({ requests: { size: question, text: prompt } });

  test('to a part leaves the job waiting for the rest', () => {
    const job = after(running(), both, answered('text'));
    expect(job).toMatchObject({
      status: 'InputRequired',
      message: 'Waiting for input: Which size?',
      dispatchedAt: 1_500_000,
    });
    expect(Object.keys(job.input?.requests ?? {})).toEqual(['size']);
    expect(after(job, answered('size')).status).toBe('Pending');
  });

  test('to the last of them puts the job into the outbox once more', () => {
    const job = after(running(), asked(), answered('size', 'unknown'));
    expect(job).toMatchObject({ status: 'Pending', dispatchedAt: null, outboxSeq: 6, seq: 6 });
    expect(Object.keys(job.input?.answers ?? {})).toEqual(['size']);
  });

  test('to nothing that is asked changes nothing', () => {
    const waiting = after(running(), both);
    expect(refusal(waiting, answered('other'))).toBe('not-asked');
    expect(refusal(running(), answered('size'))).toBe('not-asked');
    expect(refusal(after(waiting, answered('size')), answered('size'))).toBe('repeated');
    const complete = after(waiting, answered('size', 'text'));
    expect(refusal(complete, answered('text'))).toBe('repeated');
  });

  test('is not taken back from the outbox by what was reported before the question', () => {
    const job = after(running(), asked(), answered('size'), report(1));
    expect(job).toMatchObject({ status: 'Running', dispatchedAt: null });
    expect(after(job, report(2))).toMatchObject({ dispatchedAt: now, input: null });
  });

  test('is not failed for silence in the outbox, whatever was reported before the question', () => {
    const job = after(running(), asked(), answered('size'), report(1));
    expect(job.heartbeatDueAt).toBeNull();
    const sent = after({ ...job, dispatchedAt: now }, report(1));
    expect(sent.heartbeatDueAt).not.toBeNull();
  });

  test('is not taken for received by a heartbeat that only names an actor', () => {
    const route = { steps: ['check', 'enhance', 'check'], current: 1, metadata: {} };
    const late: JobEvent = {
      type: 'heartbeat',
      actorName: 'check',
      stepStatus: 'processing',
      message: null,
    };
    const job = after(running({ route }), asked(), answered('size'), late);
    expect(job).toMatchObject({ dispatchedAt: null, input: { stepIndex: 1 } });
  });

  test('is forgotten with the job’s end', () => {
    const job = after(running(), asked(), answered('size'), { type: 'succeeded', result: 1 });
    expect(job.input).toBeNull();
  });
});

describe('the deadline', () => {
  test('goes on while the job waits', () => {
    const job = after(running({ deadline: now + 60_000 }), asked());
    expect(job.deadline).toBe(now + 60_000);
    expect(after(job, answered('size')).deadline).toBe(now + 60_000);
    expect(transition(job, { type: 'deadline' }, now + 60_000)).toMatchObject({
      state: { status: 'Failed', error: 'job timed out', input: null },
    });
  });

  test('stands still with an input_timeout, which is the limit meanwhile', () => {
    const job = after(running({ deadline: now + 60_000, inputTimeoutSeconds: 300 }), asked());
    expect(job.deadline).toBe(now + 300_000);
    const late = transition(job, answered('size'), now + 200_000);
    expect(late).toMatchObject({ state: { deadline: now + 260_000 } });
    expect(refusal(job, answered('size'), now + 300_000)).toBe('past-deadline');
    expect(transition(job, { type: 'deadline' }, now + 300_000)).toMatchObject({
      state: { reason: 'DeadlineExceeded', error: 'job timed out waiting for input' },
    });
  });

  test('is none again after an input_timeout, if there was none', () => {
    const job = after(running({ inputTimeoutSeconds: 300 }), asked());
    expect(job.deadline).toBe(now + 300_000);
    expect(after(job, answered('size')).deadline).toBeNull();
  });
});
