import type { Json, JsonObject } from '../lib/json.ts';
import type { EpochMs } from './job.ts';
import { shortened } from './shortened.ts';

export const inputMethods = ['elicitation/create', 'sampling/createMessage', 'roots/list'] as const;

export type InputMethod = (typeof inputMethods)[number];

/** One thing an actor asks for, as MCP has it (2026-07-28, schema, `InputRequest`). */
export type InputRequest = {
  readonly method: InputMethod;
  readonly params: JsonObject;
};

/** Most requests that a job waits for at a time. */
export const maxRequests = 100;

/** By a key that is used once in a job's life. */
export type InputRequests = Readonly<Record<string, InputRequest>>;

/** The request under a key that may come from anywhere. Null: nothing is asked under it. */
export function requestFor(requests: InputRequests, key: string): InputRequest | null {
  return Object.hasOwn(requests, key) ? (requests[key] ?? null) : null;
}

/** Answers by the key of their request, as MCP has them (2026-07-28, schema, `InputResponses`). */
export type InputAnswers = Readonly<Record<string, JsonObject>>;

/** What a step asked for, and all it takes to run that step again with the answers. */
export interface JobInput {
  /** The route as the step's message had it, which actors may have changed. */
  readonly steps: readonly string[];
  /** Index into `steps` of the step that asked. */
  readonly stepIndex: number;
  /** What is still to be answered. Empty: the step runs again, or has already. */
  readonly requests: InputRequests;
  readonly answers: InputAnswers;
  /** What the step was given. */
  readonly payload: Json;
  /** The route's metadata as the step's message had it. */
  readonly metadata: JsonObject;
  /** Milliseconds left of the job's time when the question stopped its clock. Null: it was not stopped. */
  readonly msLeft: EpochMs | null;
}

/** For people: what is asked. */
export function describeRequests(requests: InputRequests): string {
  const texts = Object.values(requests).map(describe);
  return shortened(`Waiting for input: ${texts.join('; ')}`);
}

function describe({ method, params: { message } }: InputRequest): string {
  if (typeof message === 'string' && message !== '') return message;
  switch (method) {
    case 'elicitation/create':
      return 'a question to the user';
    case 'sampling/createMessage':
      return "an answer of the client's model";
    case 'roots/list':
      return "the client's roots";
  }
}
