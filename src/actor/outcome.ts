import type { Envelope } from '../jobs/envelope.ts';
import type { InputRequests } from '../jobs/job-input.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { Report } from '../wire/report.ts';
import { Refused, Unroutable, type ActorBroker, type Delivery } from './actor-broker.ts';
import { addressOf } from './report-parts.ts';
import { withoutAnswers } from './questions.ts';
import type { Reporter } from './reporter.ts';
import { describeThrown } from './thrown.ts';

/*
 * What is sent when the work on a message is done. The message goes on to the next step, or the outcome
 * is reported. If nobody wants reports, the outcome goes to an end queue, and an end actor reports it.
 */

/**
 * Sends each value on. The first value stays with the job of the message, the others become its children.
 * The first value is sent last, so that the job does not end before its children have been sent. Without a
 * value the job ends.
 */
export async function sendValues(
  broker: ActorBroker,
  delivery: Delivery,
  values: AsyncIterable<Json>,
  reporter: Reporter,
): Promise<void> {
  const { replyTo } = delivery;
  const envelope = withoutAnswers(delivery.envelope);
  let own: { readonly value: Json } | null = null;
  let children = childrenOf(envelope);
  for await (const value of values) {
    if (own === null) own = { value };
    else {
      const child = childOf(envelope, ++children);
      // Reported before it is sent, so that the gateway knows the child before anybody works on it.
      reporter.goesOn(child);
      await sendOn(broker, { envelope: child, replyTo }, value);
    }
  }
  reporter.leaves();
  if (own === null) return sendResult(broker, { envelope, replyTo }, null);
  const metadata = { ...envelope.metadata, ...(children > 0 && { [childrenKey]: children }) };
  return sendOn(broker, { envelope: { ...envelope, metadata }, replyTo }, own.value);
}

/** Has the job wait for answers. @throws Refused if the requests and the payload are too large */
export async function sendRequests(
  broker: ActorBroker,
  { envelope, replyTo }: Sending,
  step: string,
  requests: InputRequests,
): Promise<void> {
  if (replyTo === null) return;
  const { payload, metadata, current, steps } = envelope;
  const report: Report = {
    type: 'input_required',
    ...addressOf(envelope),
    step,
    step_index: current,
    steps: [...steps],
    requests,
    payload,
    metadata,
  };
  await broker.report(replyTo, report, envelope.deadline);
}

/** Fails the job. @param thrown what the handler threw, which need not be an Error */
export async function sendFailure(
  broker: ActorBroker,
  { envelope, replyTo }: Sending,
  thrown: unknown,
): Promise<void> {
  const details = describeThrown(thrown);
  const error = details.message;
  if (replyTo === null) {
    return sendToErrorEnd(broker, envelope, { error, details });
  }
  const report: Report = {
    type: 'final',
    ...addressOf(envelope),
    status: 'failed',
    error,
    error_details: details,
  };
  return broker.report(replyTo, report, envelope.deadline);
}

/** @throws Refused if nobody can be told of the failure */
async function sendToErrorEnd(
  broker: ActorBroker,
  envelope: Envelope,
  failure: JsonObject,
): Promise<void> {
  const whole = { ...failure, original_payload: envelope.payload };
  try {
    await broker.forward(toEnd('error-end', envelope, whole), null).catch((error: unknown) => {
      // The payload alone may be as large as a message can be. Without it the failure fits.
      if (error instanceof Refused)
        return broker.forward(toEnd('error-end', envelope, failure), null);
      throw error;
    });
  } catch (error) {
    // Delivered again, the message would only fail again, and nobody would hear of that either.
    if (error instanceof Unroutable) throw new Refused(error.message, { cause: error });
    throw error;
  }
}

/** A message to be sent, and the queue for reports on it. */
type Sending = Pick<Delivery, 'envelope' | 'replyTo'>;

async function sendOn(broker: ActorBroker, sending: Sending, value: Json): Promise<void> {
  const { envelope, replyTo } = sending;
  const next: Envelope = { ...envelope, current: envelope.current + 1, payload: value };
  if (next.current < next.steps.length) return broker.forward(next, replyTo);
  return sendResult(broker, sending, value);
}

async function sendResult(
  broker: ActorBroker,
  { envelope, replyTo }: Sending,
  result: Json,
): Promise<void> {
  if (replyTo === null) return broker.forward(toEnd('happy-end', envelope, result), null);
  const report: Report = {
    type: 'final',
    ...addressOf(envelope),
    status: 'succeeded',
    result,
  };
  return broker.report(replyTo, report, envelope.deadline);
}

function toEnd(queue: 'happy-end' | 'error-end', envelope: Envelope, payload: Json): Envelope {
  const steps = [...envelope.steps, queue];
  return { ...envelope, steps, current: steps.length - 1, payload };
}

/**
 * The member of a message's metadata that counts the children of its job. A second fan-out on the route
 * goes on from there, because its children would otherwise get the ids of the first.
 */
const childrenKey = 'fan_out_children';

function childrenOf({ metadata }: Envelope): number {
  const count = metadata[childrenKey];
  return typeof count === 'number' && Number.isInteger(count) ? count : 0;
}

function childOf(envelope: Envelope, n: number): Envelope {
  const jobId = `${envelope.jobId}-${n}`;
  const metadata: JsonObject = { ...envelope.metadata, job_id: jobId };
  delete metadata[childrenKey];
  return { ...envelope, jobId, parentId: envelope.jobId, metadata };
}
