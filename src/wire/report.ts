import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { attemptField, attemptOf } from './attempt.ts';
import { optional } from './optional.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { ActorReport } from '../jobs/engine/actor-reports.ts';
import type { Asked, Failed, JobEvent, Succeeded } from '../jobs/event.ts';
import { inputMethods, maxRequests } from '../jobs/job-input.ts';
import { jobIdPattern } from '../jobs/job.ts';
import { shortened } from '../jobs/shortened.ts';

/*
 * What actors tell the gateway, by HTTP or through the report queue: the same fields either way,
 * in the queue with `type` and `job_id` beside them.
 */

export const jobIdText = Type.String({ pattern: jobIdPattern });
export const stepName = Type.String({ minLength: 1, maxLength: 255 });
export const anything = Type.Unsafe<Json>({});
/** How much of the step is done. */
const percent = optional(Type.Number({ minimum: 0, maximum: 100 }));

export const heartbeatBody = Type.Object({
  attempt: attemptField,
  actor_name: stepName,
  /** Index into the route. It is needed where the route comes to this actor more than once. */
  step_index: optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
  status: Type.Enum(['picked_up', 'processing', 'completed', 'error']),
  message: optional(Type.String()),
  percent,
});

export const progressBody = Type.Object({
  attempt: attemptField,
  step: stepName,
  step_index: Type.Integer({ minimum: 0, maximum: 10_000 }),
  total_steps: Type.Integer({ minimum: 1, maximum: 10_000 }),
  status: Type.Enum(['received', 'processing', 'completed']),
  actor_name: optional(stepName),
  message: optional(Type.String()),
  percent,
  duration_ms: optional(Type.Number()),
  message_size_kb: optional(Type.Number()),
});

export const finalBody = Type.Object({
  attempt: attemptField,
  job_id: optional(Type.String()),
  status: Type.Enum(['succeeded', 'failed']),
  result: Type.Optional(anything),
  error: optional(Type.String()),
  error_details: Type.Optional(anything),
  metadata: Type.Optional(anything),
  progress: optional(Type.Number()),
  timestamp: optional(Type.String()),
});

/** Each under a key that the job has not used before; see `InputRequests`. */
const inputRequests = Type.Record(
  Type.String({ pattern: '^[\\w.:@-]{1,128}$' }),
  Type.Object({
    method: Type.Enum(inputMethods),
    params: Type.Unsafe<JsonObject>({ type: 'object' }),
  }),
  { minProperties: 1, maxProperties: maxRequests, additionalProperties: false },
);

export const inputRequiredBody = Type.Object({
  attempt: attemptField,
  step: stepName,
  step_index: Type.Integer({ minimum: 0, maximum: 10_000 }),
  /** The whole route as the message has it. The job goes on by this route. */
  steps: Type.Array(stepName, { minItems: 1 }),
  requests: inputRequests,
  /** What the step was given, and will be given again. */
  payload: anything,
  metadata: optional(Type.Unsafe<JsonObject>({ type: 'object' })),
});

export type HeartbeatBody = Static<typeof heartbeatBody>;
export type ProgressBody = Static<typeof progressBody>;
export type FinalBody = Static<typeof finalBody>;
type InputRequiredBody = Static<typeof inputRequiredBody>;

/** The fields that only a message of the report queue has. By HTTP the id is in the path. */
export interface ReportAddress {
  job_id: string;
  /** On reports of fan-out children, with their route: the gateway may not know the child yet. */
  parent_id?: string | null;
  steps?: readonly string[] | null;
}

/** One message of the report queue. */
export type Report =
  | ({ type: 'heartbeat' } & ReportAddress & HeartbeatBody)
  | ({ type: 'progress' } & ReportAddress & ProgressBody)
  | ({ type: 'input_required' } & ReportAddress & InputRequiredBody)
  | ({ type: 'final' } & ReportAddress & FinalBody);

const address = Type.Object({
  job_id: jobIdText,
  parent_id: optional(jobIdText),
  steps: optional(Type.Array(stepName, { minItems: 1 })),
});

/** The messages of the report queue by their `type`. */
export const reportSchemas = {
  heartbeat: Type.Intersect([heartbeatBody, address]),
  progress: Type.Intersect([progressBody, address]),
  input_required: Type.Intersect([inputRequiredBody, address]),
  final: Type.Intersect([finalBody, address]),
} as const;

const validators = {
  heartbeat: Compile(reportSchemas.heartbeat),
  progress: Compile(reportSchemas.progress),
  input_required: Compile(reportSchemas.input_required),
  final: Compile(reportSchemas.final),
} as const;

/** A report that does not say what it must; the message names the field. */
export class MalformedReport extends Error {
  override readonly name = 'MalformedReport';
}

/** @throws MalformedReport */
export function parseReport(body: unknown): ActorReport {
  const { type } = Object(body) as { type?: unknown };
  if (!isReportType(type)) {
    throw new MalformedReport(`type must be one of ${Object.keys(validators).join(', ')}`);
  }
  const fault = validators[type].Errors(body)[0];
  if (fault !== undefined) {
    throw new MalformedReport(`${fault.instancePath || type}: ${fault.message}`);
  }
  const report = body as Report;
  const { job_id: jobId, parent_id: parentId = null, steps } = report;
  const event = eventOf(report);
  if (parentId === null) return { jobId, event };
  return { jobId, event, child: { parentId, steps: steps ?? [], orphan: 'create' } };
}

function isReportType(type: unknown): type is Report['type'] {
  return typeof type === 'string' && Object.hasOwn(validators, type);
}

/** @throws MalformedReport if the fields do not fit each other */
export function eventOf(report: Report): JobEvent {
  switch (report.type) {
    case 'heartbeat':
      return heartbeatEvent(report);
    case 'progress':
      return progressEvent(report);
    case 'input_required':
      return inputRequiredEvent(report);
    case 'final':
      return finalEvent(report);
  }
}

export function heartbeatEvent(body: HeartbeatBody): JobEvent {
  const { actor_name: actorName, status } = body;
  const message = body.message ?? null;
  if (status === 'error') {
    const error = message ?? `actor ${actorName} reported an error`;
    return { type: 'failed', ...attemptOf(body), reason: 'ActorError', error, details: null };
  }
  const stepStatus = status === 'picked_up' ? 'received' : status;
  const picked = status === 'picked_up' ? `Actor ${actorName} picked up task` : null;
  return {
    type: 'heartbeat',
    ...attemptOf(body),
    actorName,
    ...(typeof body.step_index === 'number' && { stepIndex: body.step_index }),
    stepStatus,
    message: shortened(message) ?? picked,
    ...percentOf(body),
  };
}

function percentOf({ percent }: { percent?: number | null }): { percent?: number } {
  return typeof percent === 'number' ? { percent } : {};
}

/** @throws MalformedReport */
export function progressEvent(body: ProgressBody): JobEvent {
  const { step, step_index: stepIndex, total_steps: totalSteps, status: stepStatus } = body;
  const message = shortened(body.message ?? null);
  if (stepIndex >= totalSteps) {
    throw new MalformedReport(`step_index ${stepIndex} must be below total_steps ${totalSteps}`);
  }
  return {
    type: 'progress',
    ...attemptOf(body),
    step,
    stepIndex,
    totalSteps,
    stepStatus,
    message,
    ...percentOf(body),
  };
}

/** @throws MalformedReport */
function inputRequiredEvent(body: InputRequiredBody): Asked {
  const { step, step_index: stepIndex, steps: route, requests, payload, metadata } = body;
  if (stepIndex >= route.length) {
    throw new MalformedReport(`step_index ${stepIndex} must be an index into steps`);
  }
  return {
    type: 'asked',
    ...attemptOf(body),
    step,
    stepIndex,
    route,
    requests,
    payload,
    metadata: metadata ?? {},
  };
}

export function finalEvent(body: FinalBody): Succeeded | Failed {
  return body.status === 'succeeded'
    ? { type: 'succeeded', result: body.result ?? null }
    : { ...failure(body.error ?? null, body.error_details ?? null), ...attemptOf(body) };
}

/**
 * An actor's error. Asya's own runtimes put a code such as `processing_error` in `error` and what
 * happened in the details' message; a person needs both.
 */
export function failure(error: Json, details: Json): Failed {
  const { message = '' } = Object(details) as { message?: unknown };
  const texts = [error, message].filter((text) => typeof text === 'string' && text !== '');
  const [code = 'the actor gave no error text', what = ''] = texts.map(String);
  const told = code.includes(what) ? code : `${code}: ${what}`;
  return { type: 'failed', reason: 'ActorError', error: told, details };
}
