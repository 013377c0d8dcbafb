import type { ActorContext } from './context.ts';

/**
 * What a handler may make of its payload:
 *
 * - a value is the next step's payload or, at the end of the route, the job's result
 * - an array, a generator or an async generator fans out: each of its values goes on as a message of
 *   its own. The first stays the job's; the n-th other one becomes the job `{id}-{n}`, its child
 * - nothing (`undefined`, or a fan-out without values) ends the job here, succeeded, with the result null
 *
 * A list that is one value is wrapped: `return [list]`. Values must be expressible in JSON.
 */
export type Outcome<Value> =
  Value | readonly Value[] | AsyncIterable<Value> | Iterator<Value> | undefined | void;

/** Does one step's work. What it throws fails the job, once `retries` are used up. */
export type Handler<Payload, Value> = (
  payload: Payload,
  context: ActorContext,
) => Outcome<Value> | Promise<Outcome<Value>>;

export interface ActorOptions {
  /** Most messages at work at a time in this process; the queue's prefetch. Default 1. */
  readonly concurrency?: number;
  /** How often a sign of life is sent while the handler works, in milliseconds. Default 10,000. */
  readonly heartbeatMs?: number;
  /**
   * How often a handler that threw is called again before its job fails. Default 0. The message stays
   * unacknowledged meanwhile, and keeps its place among the `concurrency` at work.
   */
  readonly retries?: number;
  /** Longest pause before the first retry, in milliseconds; it doubles up to 60 s. Default 1,000. */
  readonly retryDelayMs?: number;
}

/** Who works at a step, and how. Made by `actor`. */
export interface Actor extends Required<ActorOptions> {
  readonly step: string;
  // A method, because only those take a handler of any payload type: the queue cannot promise one.
  handle(payload: unknown, context: ActorContext): unknown;
}

/** A step is a queue's name and a routing key: no wildcards, and within AMQP's 255 bytes. */
const stepPattern = /^[\w.:-]{1,200}$/;

/**
 * Describes who works at a step.
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
