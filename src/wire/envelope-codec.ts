import type { Envelope } from '../jobs/envelope.ts';
import { isJobId, type EpochMs } from '../jobs/job.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { maxMessageDepth, parseJson } from '../lib/json-parse.ts';

/**
 * The message body; both generations of actors read it (`steps`/`job_id` the first, `actors`/`id` the
 * second).
 */
export function encodeEnvelope(envelope: Envelope): string {
  const { jobId, parentId, steps, current, metadata, headers, payload, deadline, answers } =
    envelope;
  return JSON.stringify({
    id: jobId,
    job_id: jobId,
    ...(parentId !== null && { parent_id: parentId }),
    route: { steps, actors: steps, current, metadata },
    headers,
    payload,
    ...(deadline !== null && { deadline: toSeconds(deadline) }),
    ...(Object.keys(answers).length > 0 && { answers }),
  });
}

/**
 * RFC 3339 to the second, because first-generation actors parse no fractions. Rounded up, so that no
 * actor gives up early.
 */
function toSeconds(instant: EpochMs): string {
  return new Date(Math.ceil(instant / 1000) * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A message that is not an envelope; the message names the field. */
export class MalformedEnvelope extends Error {
  override readonly name = 'MalformedEnvelope';
}

/**
 * Reads a message body of either generation. An actor that passes a message on drops the names of the
 * other generation, so the names that are there count.
 *
 * @throws MalformedEnvelope
 */
export function decodeEnvelope(text: string): Envelope {
  const body = objectOf(jsonOf(text), 'the body');
  const route = objectOf(body['route'], 'route');
  const jobId = idOf(body['job_id'] ?? body['id'], 'job_id');
  const steps = stepsOf(route['steps'] ?? route['actors']);
  const current = route['current'] ?? 0;
  if (typeof current !== 'number' || !Number.isInteger(current) || !(current in steps)) {
    throw new MalformedEnvelope('route.current must be an index into route.steps');
  }
  return {
    jobId,
    parentId: parentIdOf(body['parent_id'] ?? null),
    steps,
    current,
    metadata: objectOf(route['metadata'] ?? {}, 'route.metadata'),
    headers: headersOf(objectOf(body['headers'] ?? {}, 'headers')),
    payload: body['payload'] ?? null,
    deadline: deadlineOf(body['deadline'] ?? null),
    answers: answersOf(objectOf(body['answers'] ?? {}, 'answers')),
  };
}

function jsonOf(text: string): Json {
  try {
    return parseJson(text, { maxDepth: maxMessageDepth });
  } catch (error) {
    throw new MalformedEnvelope(String(error), { cause: error });
  }
}

function objectOf(value: Json | undefined, field: string): JsonObject {
  if (!isJsonObject(value)) throw new MalformedEnvelope(`${field} must be an object`);
  return value;
}

function idOf(value: Json | undefined, field: string): string {
  if (!isJobId(value)) {
    throw new MalformedEnvelope(`${field} must be 1 to 128 letters, digits, - or _`);
  }
  return value;
}

function parentIdOf(value: Json): string | null {
  return value === null ? null : idOf(value, 'parent_id');
}

function stepsOf(value: Json | undefined): string[] {
  const steps = Array.isArray(value) ? value.filter((step) => typeof step === 'string') : [];
  if (!Array.isArray(value) || steps.length === 0 || steps.length !== value.length) {
    throw new MalformedEnvelope('route.steps must be a list of at least one step name');
  }
  return steps;
}

/** The second generation allows any JSON in a header. */
function headersOf(headers: JsonObject): Record<string, string> {
  return Object.fromEntries(
    present(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function answersOf(answers: JsonObject): Record<string, JsonObject> {
  return Object.fromEntries(
    present(answers).map(([key, answer]) => [key, objectOf(answer, `answers.${key}`)]),
  );
}

/** Null means that there is none. */
function present(object: JsonObject): [string, Json][] {
  return Object.entries(object).filter(([, value]) => value !== null);
}

function deadlineOf(value: Json): EpochMs | null {
  if (value === null) return null;
  const instant = typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isNaN(instant)) throw new MalformedEnvelope('deadline must be an RFC 3339 time');
  return instant;
}
