import type { InputRequest } from '../jobs/job-input.ts';
import type { JsonObject } from '../lib/json.ts';

/**
 * Asks whoever called the tool, and ends this run of the handler. The job waits, and no process waits
 * with it. When the answers are there, the handler runs again from its beginning, in any process of the
 * actor, and `ask` returns them at once. So everything before `ask` happens twice. A handler that fans
 * out should ask first.
 *
 * A key stands for one request. To ask something else, use another key. Requests of one call may be
 * answered in any order.
 *
 * @example
 * const { size } = await ask({ size: elicit('Which size?', { type: 'object', properties: … }) });
 * if (size.action !== 'accept') return { skipped: true };
 */
export type Ask = <R extends Requests>(requests: R) => Promise<Answers<R>>;

/** Requests by their keys. A key is 1 to 100 letters, digits, or any of - _ . : @ */
export type Requests = Readonly<Record<string, Elicitation | Sampling | RootsRequest>>;

export type Answers<R extends Requests> = { readonly [K in keyof R]: AnswerTo<R[K]> };

type AnswerTo<Request extends InputRequest> = Request extends Elicitation
  ? ElicitationAnswer
  : Request extends Sampling
    ? SamplingAnswer
    : RootsAnswer;

/** A question to the user (MCP, client/elicitation). */
export interface Elicitation extends InputRequest {
  readonly method: 'elicitation/create';
}

/** `content` fits the schema that was asked with. */
export type ElicitationAnswer =
  | { readonly action: 'accept'; readonly content?: JsonObject }
  | { readonly action: 'decline' | 'cancel' };

/** A prompt for the client's model (MCP, client/sampling). */
export interface Sampling extends InputRequest {
  readonly method: 'sampling/createMessage';
}

export interface SamplingAnswer {
  readonly role: 'user' | 'assistant';
  /** One content block or several, such as `{ type: 'text', text }`. */
  readonly content: JsonObject | readonly JsonObject[];
  readonly model: string;
  readonly stopReason?: string;
}

/** The directories that the client works in (MCP, client/roots). */
export interface RootsRequest extends InputRequest {
  readonly method: 'roots/list';
}

export interface RootsAnswer {
  readonly roots: readonly { readonly uri: string; readonly name?: string }[];
}

/**
 * A form for the user.
 *
 * @param requestedSchema a JSON Schema of type object whose properties are strings, numbers,
 *   booleans or choices (MCP 2025-11-25, client/elicitation, "Requested Schema")
 */
export function elicit(message: string, requestedSchema: object): Elicitation {
  const schema = JSON.parse(JSON.stringify(requestedSchema)) as JsonObject;
  return { method: 'elicitation/create', params: { message, requestedSchema: schema } };
}

/**
 * A prompt for the client's model.
 *
 * @param options further parameters of MCP's `sampling/createMessage`, such as `systemPrompt`
 */
export function sample(prompt: string, maxTokens: number, options: JsonObject = {}): Sampling {
  const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
  return { method: 'sampling/createMessage', params: { ...options, messages, maxTokens } };
}

/** The directories that the client works in. */
export function roots(): RootsRequest {
  return { method: 'roots/list', params: {} };
}
