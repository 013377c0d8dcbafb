import { jsonEqual } from '../../lib/json.ts';
import { changed, type Decision, type Refusal } from './decision.ts';
import type { EventOf, EventType, JobEvent } from '../event.ts';
import { answer, ask } from './input-rules.ts';
import { isFinal, type EpochMs, type JobState, type JobStatus } from '../job.ts';
import { isOfOlderAttempt, nextAttempt } from './retry-rules.ts';
import { longerRoute, placeOn } from './route-rules.ts';

type Rule<T extends EventType> = (job: JobState, event: EventOf<T>, now: EpochMs) => Decision;
type Row = { readonly [T in EventType]: Rule<T> };

/** Share of a step that is done, in percent, by what its actor reported last. */
const stepPercent = { received: 10, processing: 50, completed: 100 } as const;

/** Progress stays below 100 until the job succeeded. Otherwise 100 would only mean that the last step is done. */
const maxUnfinishedPercent = 99;

/**
 * Decides what an event makes of a job. Pure: no clock, no I/O; stores call it under the job's lock.
 *
 * @param now the instant of the decision; what it writes carries this instant
 */
export function transition(job: JobState, event: JobEvent, now: EpochMs): Decision {
  if (isOfOlderAttempt(job, event, now) && !isFinal(job.status)) {
    return { kind: 'refused', refusal: 'stale-attempt' };
  }
  // The cell belongs to the event's type; TypeScript cannot follow that through the union.
  const rule = table[job.status][event.type] as Rule<EventType>;
  return rule(job, event, now);
}

const working: Row = {
  heartbeat: beat,
  progress: advance,
  asked: ask,
  answered: answer,
  succeeded: succeed,
  failed: fail,
  cancelled: cancel,
  deadline: expire,
  'heartbeat-lost': loseHeartbeat,
};

const over: Row = {
  heartbeat: refuse('finished'),
  progress: refuse('finished'),
  asked: refuse('finished'),
  answered: refuse('finished'),
  succeeded: refuse('conflict'),
  failed: refuse('conflict'),
  cancelled: refuse('conflict'),
  deadline: refuse('not-due'),
  'heartbeat-lost': refuse('not-due'),
};

const table: { readonly [S in JobStatus]: Row } = {
  Pending: working,
  Running: working,
  InputRequired: {
    ...working,
    heartbeat: refuse('waiting-for-input'),
    progress: refuse('waiting-for-input'),
    asked: refuse('waiting-for-input'),
    'heartbeat-lost': refuse('not-due'),
  },
  Succeeded: { ...over, succeeded: repeatOfResult },
  Failed: { ...over, failed: repeatOfError },
  Cancelled: { ...over, cancelled: refuse('repeated') },
};

function refuse(refusal: Refusal): () => Decision {
  return () => ({ kind: 'refused', refusal });
}

/** What a heartbeat and a progress report have in common: a step of the route, and what is done there. */
interface StepReport {
  readonly step: string;
  readonly stepIndex: number;
  /** Whether the index was only worked out from the actor's name. Default: no. */
  readonly guessed?: boolean;
  readonly totalSteps: number;
  readonly stepStatus: keyof typeof stepPercent;
  readonly message: string | null;
  readonly route?: readonly string[];
  readonly percent?: number;
  readonly attempt?: number;
}

function beat(job: JobState, event: EventOf<'heartbeat'>, now: EpochMs): Decision {
  const { steps } = job.route;
  const stepIndex = stepOfBeat(job, event);
  const step = steps[stepIndex] ?? event.actorName;
  const guessed = event.stepIndex === undefined;
  return atStep(job, { ...event, step, stepIndex, totalSteps: steps.length, guessed }, now);
}

function advance(job: JobState, event: EventOf<'progress'>, now: EpochMs): Decision {
  return atStep(job, event, now);
}

/**
 * The index of the step that a heartbeat comes from. The heartbeat may say so. Otherwise it is the
 * step named like the actor, else the first step that contains the actor's name without a trailing
 * `-actor`, else the current step. A route may visit a step twice. While another step is at work the
 * visit before it is meant, because its heartbeats may come late; otherwise the visit ahead is meant.
 */
function stepOfBeat(job: JobState, { actorName, stepIndex }: EventOf<'heartbeat'>): number {
  const { steps, current } = job.route;
  if (stepIndex !== undefined && stepIndex < steps.length) return stepIndex;
  const ahead = steps.indexOf(actorName, current);
  const behind = current > 0 ? steps.lastIndexOf(actorName, current - 1) : -1;
  const atWork = job.stepStatus === 'received' || job.stepStatus === 'processing';
  if (ahead > current && behind >= 0 && atWork) return behind;
  if (ahead >= 0) return ahead;
  if (behind >= 0) return behind;
  const stem = actorName.replace(/-actor$/, '');
  const similar = steps.findIndex((step) => step.includes(stem));
  return similar >= 0 ? similar : current;
}

function atStep(job: JobState, report: StepReport, now: EpochMs): Decision {
  if (job.deadline !== null && now >= job.deadline) {
    return { kind: 'refused', refusal: 'past-deadline' };
  }
  const mayBeOld = isOfQuestion(job, report) || !isOfPresentAttempt(job, report);
  const dispatchedAt = mayBeOld ? job.dispatchedAt : (job.dispatchedAt ?? now);
  const alive: JobState = {
    ...job,
    status: 'Running',
    lastHeartbeatAt: now,
    dispatchedAt,
  };
  if (isLate(job, report)) {
    return seen(job, { ...alive, heartbeatDueAt: laterHeartbeatDue(job, now) }, now);
  }
  const { step, stepIndex, stepStatus } = report;
  const steps = longerRoute(job.route.steps, report.route);
  const totalSteps = report.route === undefined ? report.totalSteps : steps.length;
  const done = stepIndex + (stepStatus === 'completed' ? 1 : 0);
  const ofStep = report.percent ?? stepPercent[stepStatus];
  // Without a route there is nothing to be a share of, and 0 / 0 is no number.
  const percent = totalSteps === 0 ? 0 : (stepIndex * 100 + ofStep) / totalSteps;
  return seen(
    job,
    {
      ...alive,
      retryAt: null,
      input: isOfQuestion(job, report) ? job.input : null,
      // A message that is still to be sent is with no actor, so no heartbeat can be due.
      heartbeatDueAt: dispatchedAt === null ? null : nextHeartbeatDue(job, report, now),
      route: { ...job.route, steps, current: placeOn(steps, stepIndex) },
      currentStep: step,
      stepStatus,
      stepsCompleted: Math.max(job.stepsCompleted, Math.min(done, steps.length)),
      progressPercent: Math.max(job.progressPercent, Math.min(percent, maxUnfinishedPercent)),
      message: report.message ?? `Step ${step}: ${stepStatus}`,
    },
    now,
  );
}

/**
 * Whether a report may be from before the question that its step asked. Any other report proves that
 * an actor has the message, so the message must not be sent again, marked or not. This one does not:
 * the message with the answers still has to be sent.
 */
function isOfQuestion({ input }: JobState, { stepIndex, guessed = false }: StepReport): boolean {
  return input !== null && (guessed || stepIndex <= input.stepIndex);
}

/** Whether a report proves that the message of the present attempt is with an actor. */
function isOfPresentAttempt(job: JobState, { attempt }: StepReport): boolean {
  return job.attempt === 1 || attempt === job.attempt;
}

/**
 * Whether a report comes from behind the job's position, or from a step that was reported completed.
 * Both happen, because replicas apply reports in any order and a message can be delivered twice. Such
 * a report proves that an actor lives and nothing else. A step that was not completed may begin
 * again, and that counts.
 */
function isLate(job: JobState, { stepIndex, stepStatus }: StepReport): boolean {
  if (stepIndex !== job.route.current) return stepIndex < job.route.current;
  return job.stepStatus === 'completed' && stepStatus !== 'completed';
}

/** No heartbeat is due after a completed step: its message waits in the next queue, with no actor. */
function nextHeartbeatDue(job: JobState, report: StepReport, now: EpochMs): EpochMs | null {
  return report.stepStatus === 'completed' ? null : heartbeatDue(job, now);
}

/** A late report proves life of the actor at work. If none is at work, no heartbeat becomes due. */
function laterHeartbeatDue(job: JobState, now: EpochMs): EpochMs | null {
  return job.heartbeatDueAt === null ? null : heartbeatDue(job, now);
}

function heartbeatDue({ heartbeatTimeoutSeconds }: JobState, now: EpochMs): EpochMs | null {
  return heartbeatTimeoutSeconds === 0 ? null : now + heartbeatTimeoutSeconds * 1000;
}

function succeed(job: JobState, event: EventOf<'succeeded'>, now: EpochMs): Decision {
  return finish(
    job,
    {
      status: 'Succeeded',
      result: event.result,
      progressPercent: 100,
      stepsCompleted: Math.max(job.stepsCompleted, job.route.steps.length),
      stepStatus: 'completed',
      message: 'Job succeeded',
    },
    now,
  );
}

function fail(job: JobState, event: EventOf<'failed'>, now: EpochMs): Decision {
  const next = event.mayRetry === false ? null : nextAttempt(job, event, now);
  if (next !== null) return next;
  return finish(
    job,
    {
      status: 'Failed',
      reason: event.reason,
      error: event.error,
      errorDetails: event.details,
      stepStatus: 'error',
      message: 'Job failed',
    },
    now,
  );
}

function cancel(job: JobState, event: EventOf<'cancelled'>, now: EpochMs): Decision {
  return finish(
    job,
    {
      status: 'Cancelled',
      reason: event.reason,
      error: event.message,
      errorDetails: event.details ?? null,
      message: 'Job cancelled',
    },
    now,
  );
}

function expire(job: JobState, _event: EventOf<'deadline'>, now: EpochMs): Decision {
  if (job.deadline === null || now < job.deadline) return { kind: 'refused', refusal: 'not-due' };
  return finish(
    job,
    {
      status: 'Failed',
      reason: 'DeadlineExceeded',
      error: waitsForInput(job) ? 'job timed out waiting for input' : 'job timed out',
      message: 'Deadline exceeded',
    },
    now,
  );
}

function loseHeartbeat(
  job: JobState,
  { heardSince = -Infinity }: EventOf<'heartbeat-lost'>,
  now: EpochMs,
): Decision {
  const { heartbeatDueAt, currentStep, heartbeatTimeoutSeconds } = job;
  const heardForLong = now >= heardSince + heartbeatTimeoutSeconds * 1000;
  if (heartbeatDueAt === null || now < heartbeatDueAt || !heardForLong) {
    return { kind: 'refused', refusal: 'not-due' };
  }
  const error = `no heartbeat from step ${currentStep} for ${heartbeatTimeoutSeconds} s`;
  const next = nextAttempt(job, { reason: 'HeartbeatLost', error }, now);
  if (next !== null) return next;
  return finish(
    job,
    {
      status: 'Failed',
      reason: 'HeartbeatLost',
      error,
      message: 'Heartbeat lost',
    },
    now,
  );
}

function repeatOfResult(job: JobState, event: EventOf<'succeeded'>): Decision {
  return outcomeStands(jsonEqual(job.result, event.result));
}

function repeatOfError(job: JobState, event: EventOf<'failed'>): Decision {
  return outcomeStands(job.reason === event.reason && job.error === event.error);
}

function outcomeStands(same: boolean): Decision {
  return { kind: 'refused', refusal: same ? 'repeated' : 'conflict' };
}

/** Whether the deadline that passed was that of a question, not that of the job. */
function waitsForInput({ status, inputTimeoutSeconds }: JobState): boolean {
  return status === 'InputRequired' && inputTimeoutSeconds > 0;
}

function finish(job: JobState, outcome: Partial<JobState>, now: EpochMs): Decision {
  const over = { input: null, heartbeatDueAt: null, retryAt: null, finishedAt: now };
  return changed({ ...job, ...outcome, ...over }, now);
}

/** Adds an entry to the history only if a client could see a difference. */
function seen(before: JobState, after: JobState, now: EpochMs): Decision {
  const visible =
    before.status !== after.status ||
    before.currentStep !== after.currentStep ||
    before.stepStatus !== after.stepStatus ||
    before.message !== after.message ||
    before.progressPercent !== after.progressPercent;
  return visible ? changed(after, now) : { kind: 'applied', state: after, update: null };
}
