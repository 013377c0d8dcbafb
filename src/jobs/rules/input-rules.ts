import { changed, type Decision } from './decision.ts';
import type { EventOf } from '../event.ts';
import { describeRequests, type InputAnswers } from '../job-input.ts';
import type { EpochMs, JobState } from '../job.ts';
import { longerRoute, placeOn } from './route-rules.ts';

/*
 * What a question and an answer make of a job. transition.ts says in which statuses they count.
 */

/** A step asks. A question that an older delivery of the message asks again is refused as repeated. */
export function ask(job: JobState, event: EventOf<'asked'>, now: EpochMs): Decision {
  const { deadline, inputTimeoutSeconds, route } = job;
  if (deadline !== null && now >= deadline) return { kind: 'refused', refusal: 'past-deadline' };
  const { step, stepIndex, payload, metadata, route: taken = route.steps } = event;
  const answers = job.input?.stepIndex === stepIndex ? job.input.answers : {};
  const requests = without(event.requests, answers);
  const isOld = stepIndex < route.current || Object.keys(requests).length === 0;
  if (isOld) return { kind: 'refused', refusal: 'repeated' };

  const steps = longerRoute(route.steps, taken);
  const stopsClock = inputTimeoutSeconds > 0 && deadline !== null;
  const msLeft = stopsClock ? deadline - now : null;
  return changed(
    {
      ...job,
      status: 'InputRequired',
      input: { steps: taken, stepIndex, requests, answers, payload, metadata, msLeft },
      route: { ...route, steps, current: placeOn(steps, stepIndex) },
      currentStep: step,
      stepStatus: 'processing',
      message: describeRequests(requests),
      deadline: inputTimeoutSeconds > 0 ? now + inputTimeoutSeconds * 1000 : deadline,
      lastHeartbeatAt: now,
      heartbeatDueAt: null,
      dispatchedAt: job.dispatchedAt ?? now,
    },
    now,
  );
}

/** The caller answers. With the last answer the job goes back into the outbox, for the step that asked. */
export function answer(job: JobState, event: EventOf<'answered'>, now: EpochMs): Decision {
  if (job.deadline !== null && now >= job.deadline) {
    return { kind: 'refused', refusal: 'past-deadline' };
  }
  const { input } = job;
  if (input === null) return { kind: 'refused', refusal: 'not-asked' };
  const keys = Object.keys(event.answers);
  const wanted = keys.filter((key) => Object.hasOwn(input.requests, key));
  if (wanted.length === 0) {
    const known = keys.some((key) => Object.hasOwn(input.answers, key));
    return { kind: 'refused', refusal: known ? 'repeated' : 'not-asked' };
  }
  const answers = { ...input.answers, ...pick(event.answers, wanted) };
  const requests = without(input.requests, answers);
  if (Object.keys(requests).length > 0) {
    const message = describeRequests(requests);
    return changed({ ...job, input: { ...input, requests, answers }, message }, now);
  }
  return changed(
    {
      ...job,
      status: 'Pending',
      input: { ...input, requests, answers, msLeft: null },
      message: 'Input received',
      deadline: resumedDeadline(job, now),
      dispatchedAt: null,
      outboxSeq: job.seq + 1,
    },
    now,
  );
}

function pick(answers: InputAnswers, keys: readonly string[]): InputAnswers {
  return Object.fromEntries(Object.entries(answers).filter(([key]) => keys.includes(key)));
}

/** The deadline of a job that goes on now. A question may have stopped its clock, which then runs again. */
export function resumedDeadline(job: JobState, now: EpochMs): EpochMs | null {
  if (job.status !== 'InputRequired' || job.inputTimeoutSeconds === 0) return job.deadline;
  const msLeft = job.input?.msLeft ?? null;
  return msLeft === null ? null : now + msLeft;
}

/** The entries of one record whose keys another does not have. */
function without<T>(
  entries: Readonly<Record<string, T>>,
  others: Readonly<Record<string, unknown>>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !Object.hasOwn(others, key)));
}
