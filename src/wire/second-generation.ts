import { attemptOf } from './attempt.ts';
import Type, { type Static } from 'typebox';
import type { Failed, Progress, Succeeded } from '../jobs/event.ts';
import { optional } from './optional.ts';
import { anything, failure, jobIdText, stepName } from './report.ts';
import { shortened } from '../jobs/shortened.ts';

/*
 * What second-generation sidecars tell the gateway. They call a job an envelope and its steps
 * actors, and count differently: see envelopeProgressEvent. Written in Go, they say null for an
 * empty list.
 */

const actorNames = optional(Type.Array(stepName, { maxItems: 10_000 }));
const actorIndex = Type.Integer({ minimum: 0 });

export const envelopeProgressBody = Type.Object({
  actors: actorNames,
  current_actor_idx: actorIndex,
  status: Type.Enum(['received', 'processing', 'completed']),
  message: optional(Type.String()),
  duration_ms: optional(Type.Number()),
  message_size_kb: optional(Type.Number()),
});

export const envelopeFinalBody = Type.Object({
  id: optional(Type.String()),
  status: Type.Enum(['succeeded', 'failed']),
  result: Type.Optional(anything),
  error: optional(Type.String()),
  error_details: Type.Optional(anything),
  actors: actorNames,
  current_actor_idx: optional(Type.Integer()),
  current_actor_name: optional(Type.String()),
  metadata: Type.Optional(anything),
  progress: optional(Type.Number()),
  timestamp: optional(Type.String()),
});

export const envelopeChildBody = Type.Object({
  id: jobIdText,
  parent_id: optional(jobIdText),
  actors: actorNames,
  current: actorIndex,
});

type EnvelopeProgressBody = Static<typeof envelopeProgressBody>;
type EnvelopeFinalBody = Static<typeof envelopeFinalBody>;

/**
 * With `received` and `processing` the index is that of the step at work. With `completed` it is that of
 * the next step, because the sidecar has moved it on by then. Null: the report has no route, because the
 * handler returned none, so it tells nothing.
 */
export function envelopeProgressEvent(body: EnvelopeProgressBody): Progress | null {
  const { current_actor_idx: index, status } = body;
  const message = shortened(body.message ?? null);
  const route = body.actors ?? [];
  const completed = status === 'completed' && index > 0;
  const stepIndex = Math.min(completed ? index - 1 : index, route.length - 1);
  const step = route[stepIndex];
  if (step === undefined) return null;
  // The first step is completed and the index is still 0: the handler sent the message to itself again.
  const stepStatus = status === 'completed' && !completed ? 'processing' : status;
  return {
    type: 'progress',
    step,
    stepIndex,
    totalSteps: route.length,
    stepStatus,
    message,
    route,
  };
}

export function envelopeFinalEvent(body: EnvelopeFinalBody): Succeeded | Failed {
  return body.status === 'succeeded'
    ? { type: 'succeeded', result: body.result ?? null }
    : { ...failure(body.error ?? null, body.error_details ?? null), ...attemptOf(body) };
}
