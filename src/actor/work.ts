import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import { systemClock } from '../lib/clock.ts';
import type { InputRequests } from '../jobs/job-input.ts';
import type { Json } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { callEvery } from '../lib/timer.ts';
import { Refused, Unroutable, type ActorBroker, type Delivery } from './actor-broker.ts';
import type { Actor } from './actor.ts';
import type { ActorContext } from './context.ts';
import { sendFailure, sendRequests, sendValues } from './outcome.ts';
import { Questions } from './questions.ts';
import { Reporter } from './reporter.ts';
import { isA, logThrown } from './thrown.ts';
import { valuesOf } from './values.ts';
import type { WorkSignal } from './work-signal.ts';
import type { Workload } from './workload.ts';

interface WorkParts {
  readonly broker: ActorBroker;
  readonly workload: Workload;
  readonly log: Log;
}

/** Longest pause before a retry. A job whose handler needs longer pauses should rather fail. */
const maxRetryDelayMs = 60_000;

/**
 * Works on one delivery. Resolves once the broker has confirmed what follows from it. The message may be
 * acknowledged then. Rejects if the message has to be delivered again.
 */
export async function work(
  actor: Actor,
  delivery: Delivery,
  surroundings: WorkParts,
): Promise<void> {
  const { envelope } = delivery;
  const { workload, log } = surroundings;
  const limit = workload.enter(envelope);
  try {
    const { deadline } = envelope;
    if (deadline !== null && systemClock() >= deadline) {
      return log.info('left alone: the job is past its deadline');
    }
    if (limit.stop === 'called off') return log.info('left alone: the job is over');
    await new WorkOnDelivery(actor, delivery, surroundings, limit).finish();
  } finally {
    workload.leave(envelope, limit);
  }
}

/** The work on one delivery, with all attempts of its handler. */
class WorkOnDelivery {
  readonly #actor: Actor;
  readonly #delivery: Delivery;
  readonly #broker: ActorBroker;
  readonly #log: Log;
  readonly #limit: WorkSignal;
  readonly #reporter: Reporter;
  readonly #questions: Questions;
  readonly #context: ActorContext;

  constructor(actor: Actor, delivery: Delivery, { broker, log }: WorkParts, limit: WorkSignal) {
    const { envelope, redelivered } = delivery;
    const { jobId, headers, deadline } = envelope;
    const step = envelope.steps[envelope.current] ?? actor.step;
    const onUseless = (): void => limit.callOff('it takes no outcome any more');
    const reporter = new Reporter({ broker, delivery, step, log, onUseless });
    this.#actor = actor;
    this.#delivery = delivery;
    this.#broker = broker;
    this.#log = log;
    this.#limit = limit;
    this.#reporter = reporter;
    this.#questions = new Questions(delivery);
    const { signal } = limit;
    this.#context = {
      jobId,
      step,
      headers,
      deadline,
      redelivered,
      signal,
      log,
      progress: (first: string | number, message?: string) =>
        typeof first === 'number'
          ? reporter.processing(first, message)
          : reporter.processing(undefined, first),
      ask: this.#questions.ask,
    };
  }

  async finish(): Promise<void> {
    const { retries, retryDelayMs, heartbeatMs } = this.#actor;
    if (!(await this.#reporter.pickedUp())) {
      return this.#log.info('left alone: the job takes no outcome any more');
    }
    if (this.#givenUp(this.#limit.signal.reason)) return;
    // The report has to be sent now, because a handler that blocks the event loop holds it up.
    await this.#broker.flush();
    // On the event loop of the handler, so that a handler that blocks it shows no signs of life.
    const stopBeating = callEvery(heartbeatMs, () => void this.#reporter.heartbeat());
    try {
      for (let attempt = 1; ; attempt++) {
        const thrown = await this.#attempt();
        if (thrown === null) return;
        if (attempt > retries) return await this.#fail(thrown.error);
        const what = `attempt ${attempt} of the handler failed, and another follows`;
        logThrown(this.#log, 'warn', thrown.error, what);
        const delay = backoffMs(attempt, { firstMs: retryDelayMs, capMs: maxRetryDelayMs });
        await pause(delay, this.#limit.signal);
        if (this.#givenUp(thrown.error)) return;
      }
    } finally {
      stopBeating();
    }
  }

  /**
   * Calls the handler once, and sends its values on as they come.
   *
   * @returns what the handler threw. Null: there is nothing more to do
   * @throws if the message has to be delivered again
   */
  async #attempt(): Promise<{ readonly error: unknown } | null> {
    const { envelope } = this.#delivery;
    this.#questions.clear();
    try {
      const returned = await this.#actor.handle(envelope.payload, this.#context);
      const values = this.#whileWanted(returned);
      await sendValues(this.#broker, this.#delivery, values, this.#reporter);
      if (this.#questions.open !== null) {
        this.#log.warn('the handler caught what `ask` throws, and went on without the answers');
      }
      return null;
    } catch (error) {
      if (isA(error, BrokerUnavailable)) throw error;
      if (this.#givenUp(error)) return null;
      if (this.#questions.open !== null) return this.#ask(this.#questions.open);
      // Another attempt would end here, too: there is no queue, or RabbitMQ does not take the message.
      if (isA(error, Unroutable) || isA(error, Refused)) {
        await this.#fail(error);
        return null;
      }
      return { error };
    }
  }

  /** Reports the question. The message may be acknowledged: the gateway sends it again with the answers. */
  async #ask(requests: InputRequests): Promise<{ readonly error: unknown } | null> {
    this.#reporter.pauses();
    try {
      await sendRequests(this.#broker, this.#delivery, this.#context.step, requests);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.#fail(error);
    }
    return null;
  }

  /** Ends the values when the job is over: its result would be refused, and new children be in vain. */
  async *#whileWanted(returned: unknown): AsyncGenerator<Json> {
    const { signal } = this.#limit;
    for await (const value of valuesOf(returned)) {
      if (this.#limit.stop === 'called off') signal.throwIfAborted();
      yield value;
    }
  }

  /**
   * Has the work been stopped? Then what the handler threw does not fail the job.
   *
   * @throws the reason, if this process stops and the message has to be delivered again
   */
  #givenUp(error: unknown): boolean {
    const { stop } = this.#limit;
    if (stop === null) return false;
    if (stop === 'shutdown') throw this.#limit.signal.reason;
    // The gateway ends the job by itself, with the right reason.
    logThrown(this.#log, 'info', error, `given up: the job is ${stop}`);
    return true;
  }

  async #fail(error: unknown): Promise<void> {
    logThrown(this.#log, 'warn', error, 'the handler failed');
    await sendFailure(this.#broker, this.#delivery, error);
  }
}
