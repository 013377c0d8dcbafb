import { jsonEqual } from '../lib/json.ts';
import { changed, type Decision, type Refusal } from './decision.ts';
import type { EventOf, EventType, JobEvent } from './event.ts';
import { answer, ask } from './input-rules.ts';
import type { EpochMs, JobState, JobStatus } from './job.ts';
import { longerRoute, placeOn } from './route-rules.ts';

type Rule<T extends EventType> = (job: JobState, event: EventOf<T>, now: EpochMs) => Decision;
type Row = { readonly [T in EventType]: Rule<T> };

/** Share of a step that is done, in percent, by what its actor reported last. */
const stepPercent = { received: 10, processing: 50, completed: 100 } as const;

/** Progress stays below 100 until a job succeeded, so that nobody takes "last step done" for "result there". */
const maxUnfinishedPercent = 99;

/**
 * Decides what an event makes of a job. Pure: no clock, no I/O; stores call it under the job's lock.
 *
 * @param now the instant of the decision; what it writes carries this instant
 */
export function transition(job: JobState, event: JobEvent, now: EpochMs): Decision {
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

/** Where on the route a report comes from, however it was told. */
interface Report {
  readonly step: string;
  readonly stepIndex: number;
  /** Whether that is only how far its actor's name stands on the route. */
  readonly guessed?: boolean;
  readonly totalSteps: number;
  readonly stepStatus: keyof typeof stepPercent;
  readonly message: string | null;
  readonly route?: readonly string[];
  readonly percent?: number;
}

function beat(job: JobState, event: EventOf<'heartbeat'>, now: EpochMs): Decision {
  const { steps } = job.route;
  const stepIndex = stepOfBeat(job, event);
  const step = steps[stepIndex] ?? event.actorName;
  const guessed = event.stepIndex === undefined;
  return report(job, { ...event, step, stepIndex, totalSteps: steps.length, guessed }, now);
}

function advance(job: JobState, event: EventOf<'progress'>, now: EpochMs): Decision {
  return report(job, event, now);
}

/**
 * The step the beat names; else the one equal to the actor's name, else the first that contains it
 * without a trailing `-actor`, else the current one. A route may visit a step twice: while another
 * one is at work, the visit before it is meant, for its beats may come late; else the way ahead is.
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

function report(job: JobState, report: Report, now: EpochMs): Decision {
  if (job.deadline !== null && now >= job.deadline) {
    return { kind: 'refused', refusal: 'past-deadline' };
  }
  const mayBeOld = isOfQuestion(job, report);
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
      input: mayBeOld ? job.input : null,
      // Nobody can beat for a message that is still to be sent.
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
 * Whoever reports has the message, whether or not its confirm was marked: it must not go out again.
 * But what is said of the step that asked may be from before its question, and the answers still have
 * to go out.
 */
function isOfQuestion({ input }: JobState, { stepIndex, guessed = false }: Report): boolean {
  return input !== null && (guessed || stepIndex <= input.stepIndex);
}

/**
 * From behind the job's position, or from a step that was said to be completed: replicas apply reports
 * in any order, and a message can be delivered twice. Such a report proves life and nothing else. A
 * step that was not completed may be begun again, which counts.
 */
function isLate(job: JobState, { stepIndex, stepStatus }: Report): boolean {
  if (stepIndex !== job.route.current) return stepIndex < job.route.current;
  return job.stepStatus === 'completed' && stepStatus !== 'completed';
}

/** A completed step's message waits in the next queue, where nobody can beat for it. */
function nextHeartbeatDue(job: JobState, report: Report, now: EpochMs): EpochMs | null {
  return report.stepStatus === 'completed' ? null : heartbeatDue(job, now);
}

/** Whoever is at work has shown life; if nobody is, a report that comes late does not change that. */
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
  return finish(
    job,
    {
      status: 'Failed',
      reason: 'HeartbeatLost',
      error: `no heartbeat from step ${currentStep} for ${heartbeatTimeoutSeconds} s`,
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

/** Its own limit, not the job's, has run out. */
function waitsForInput({ status, inputTimeoutSeconds }: JobState): boolean {
  return status === 'InputRequired' && inputTimeoutSeconds > 0;
}

function finish(job: JobState, outcome: Partial<JobState>, now: EpochMs): Decision {
  const over = { input: null, heartbeatDueAt: null, finishedAt: now };
  return changed({ ...job, ...outcome, ...over }, now);
}

/** A history entry if a client could see the difference, else only the sign of life. */
function seen(before: JobState, after: JobState, now: EpochMs): Decision {
  const visible =
    before.status !== after.status ||
    before.currentStep !== after.currentStep ||
    before.stepStatus !== after.stepStatus ||
    before.message !== after.message ||
    before.progressPercent !== after.progressPercent;
  return visible ? changed(after, now) : { kind: 'applied', state: after, update: null };
}
