import type { Envelope } from '../jobs/envelope.ts';
import {
  inputMethods,
  maxRequests,
  type InputRequest,
  type InputRequests,
} from '../jobs/job-input.ts';
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { Delivery } from './actor-broker.ts';
import type { Answers, Ask, Requests } from './ask.ts';
import { toJson } from './values.ts';

/**
 * Ends a run of a handler that needs answers. The step runs again when they are there. A handler that
 * catches this error goes on without them.
 */
class InputNeeded extends Error {
  override readonly name = 'InputNeeded';
}

/** The gateway takes keys of up to 128 characters. The rest is for what makes a key unique. */
const keyPattern = /^[\w.:@-]{1,100}$/;

/** What one run of a handler asks for, and the answers to what earlier runs asked for. */
export class Questions {
  readonly #delivery: Delivery;
  readonly #open = new Map<string, InputRequest>();

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** The requests without an answer. Null: there are none. */
  get open(): InputRequests | null {
    return this.#open.size === 0 ? null : Object.fromEntries(this.#open);
  }

  /** To be called before each run of the handler. */
  clear(): void {
    this.#open.clear();
  }

  readonly ask: Ask = async <R extends Requests>(requests: R): Promise<Answers<R>> => {
    const { envelope, replyTo } = this.#delivery;
    if (replyTo === null) throw new Error('nobody can be asked: the message names no report queue');
    const past = pastKeys(envelope);
    const answers: [name: string, answer: JsonObject][] = [];
    for (const [name, request] of Object.entries(requests)) {
      if (!keyPattern.test(name)) {
        throw new RangeError(`"${name}" must be 1 to 100 letters, digits, or any of - _ . : @`);
      }
      const key = past.includes(name) ? `${name}@${envelope.current}` : name;
      const answer = Object.hasOwn(envelope.answers, key) ? envelope.answers[key] : undefined;
      if (answer !== undefined) answers.push([name, answer]);
      // The requests beyond the limit are asked for in the run that has these answers.
      else if (this.#open.size < maxRequests) this.#open.set(key, requestOf(name, request));
    }
    if (this.open !== null) throw new InputNeeded('the caller has to answer first');
    // The gateway has checked each answer against its request.
    return Object.fromEntries(answers) as Answers<R>;
  };
}

/**
 * The member of a message's metadata that has the keys of earlier steps, because a key stands for one
 * request in all of a job's life (MCP Tasks extension, "Task Update Requests").
 */
const pastKeysKey = 'asked';

function pastKeys({ metadata }: Envelope): string[] {
  const keys = metadata[pastKeysKey];
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
}

/** The message for the step after the one that got the answers. */
export function withoutAnswers(envelope: Envelope): Envelope {
  const keys = Object.keys(envelope.answers);
  if (keys.length === 0) return envelope;
  const asked = [...new Set([...pastKeys(envelope), ...keys])];
  return { ...envelope, answers: {}, metadata: { ...envelope.metadata, [pastKeysKey]: asked } };
}

/**
 * The request in the form that the gateway reads. A request that the gateway could not read would become a
 * dead letter, and its job would wait for answers although nobody was asked.
 *
 * @throws TypeError, for handlers in JavaScript
 */
function requestOf(name: string, request: unknown): InputRequest {
  const { method: given, params: values }: { method?: unknown; params?: unknown } = Object(request);
  const method = inputMethods.find((known) => known === given);
  if (method === undefined) {
    throw new TypeError(
      `request "${name}": its method must be one of ${inputMethods.join(', ')}; make it with elicit, sample or roots`,
    );
  }
  const params = values === undefined ? null : toJson(values, `request "${name}"`);
  if (!isJsonObject(params)) throw new TypeError(`request "${name}": its params must be an object`);
  return { method, params };
}
