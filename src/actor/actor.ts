import type { ActorContext } from './context.ts';

/**
 * What a handler may return:
 *
 * - a value is the next step's payload or, at the end of the route, the job's result
 * - an array, a generator or an async generator fans out: each of its values goes on as a message of
 *   its own. The first value stays with the job. The n-th of the others becomes a child, the job
 *   `{id}-{n}`
 * - nothing (`undefined`, or a fan-out without values) ends the job here: it succeeds with the result null
 *
 * To return a list as one value, wrap it: `return [list]`. JSON has to be able to express every value.
 */
export type Outcome<Value> =
  Value | readonly Value[] | AsyncIterable<Value> | Iterator<Value> | undefined | void;

/** Does the work of one step. If it throws and no `retries` are left, the job fails with the error. */
export type Handler<Payload, Value> = (
  payload: Payload,
  context: ActorContext,
) => Outcome<Value> | Promise<Outcome<Value>>;

export interface ActorOptions {
  /** Most messages that this process works on at a time, from 1 to 65,535. Default 1. */
  readonly concurrency?: number;
  /** Milliseconds between two signs of life of the handler. Infinity: none are sent. Default 10,000. */
  readonly heartbeatMs?: number;
  /**
   * How often a handler that threw is called again before its job fails. Default 0. Meanwhile the
   * message stays unacknowledged, and counts as one of the `concurrency` at work.
   */
  readonly retries?: number;
  /** Longest pause before the first retry, in milliseconds. It doubles up to 60 s. Default 1,000. */
  readonly retryDelayMs?: number;
}

/** A step, its handler, and its options. Made by `actor`. */
export interface Actor extends Required<ActorOptions> {
  readonly step: string;
  // A method, because a property would not take handlers of special payloads: its parameters are
  // compared more strictly (TypeScript, strictFunctionTypes).
  handle(payload: unknown, context: ActorContext): unknown;
}

/** A step is a queue's name and a routing key, so it has no wildcards, and fits AMQP's 255 bytes. */
const stepPattern = /^[\w.:-]{1,200}$/;

/**
 * Makes an actor: the handler works at the step.
 *
 * @example
 * actor('resize', async ({ url, width }: Picture, { progress, signal }) => {
 *   await progress('Fetching the picture');
 *   …
 * }, { concurrency: 4, retries: 2 });
 *
 * @throws RangeError if the step cannot be a queue's name, or an option is out of range
 */
export function actor<Payload = unknown, Value = unknown>(
  step: string,
  handler: Handler<Payload, Value>,
  options: ActorOptions = {},
): Actor {
  const { concurrency = 1, heartbeatMs = 10_000, retries = 0, retryDelayMs = 1_000 } = options;
  if (!stepPattern.test(step)) {
    throw new RangeError(`step "${step}" must be 1 to 200 letters, digits, or any of - _ . :`);
  }
  // AMQP counts the prefetch in 16 bits.
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 65_535) {
    throw new RangeError(`concurrency of step "${step}" must be a whole number from 1 to 65535`);
  }
  if (!(heartbeatMs > 0)) throw new RangeError(`heartbeatMs of step "${step}" must be above 0`);
  if (!Number.isInteger(retries) || retries < 0) {
    throw new RangeError(`retries of step "${step}" must be a whole number from 0 up`);
  }
  if (!(retryDelayMs >= 0))
    throw new RangeError(`retryDelayMs of step "${step}" must be 0 or more`);
  return { step, concurrency, heartbeatMs, retries, retryDelayMs, handle: handler };
}
