import type { FastifyReply } from 'fastify';
import { SseStream, type SseEvent } from '../../lib/sse.ts';
import type { AnswerForm } from './accept.ts';
import type { Answer, Listener, ReadyAnswer } from './reply.ts';

/** Sends the answer to a single request; one that has to be waited for as a stream if possible. */
export async function deliver(
  reply: FastifyReply,
  answer: Answer,
  form: AnswerForm,
): Promise<FastifyReply> {
  if (answer.kind === 'pending' && form === 'stream') return deliverStream(reply, [answer]);
  // Nobody waits for an answer that is there, and to watch its connection costs a tenth of the request.
  const ready = answer.kind === 'ready' ? answer : await answer.settle(untilClosed(reply));
  if (ready === null) return reply.code(204).send();
  const { response, status, headers = {} } = ready;
  return reply.code(status).headers(headers).send(response);
}

/** Sends the answers to a batch: one array, or one by one as they come if some must be waited for. */
export async function deliverBatch(
  reply: FastifyReply,
  answers: readonly Answer[],
  form: AnswerForm,
): Promise<FastifyReply> {
  const waits = answers.some(({ kind }) => kind === 'pending');
  if (waits && form === 'stream') return deliverStream(reply, answers);
  const listener = untilClosed(reply);
  const all = await Promise.all(answers.map((answer) => settled(answer, listener)));
  return reply.send(all.filter((ready) => ready !== null).map(({ response }) => response));
}

/** Sends the answers as they come, each after what is told before it. */
export async function deliverStream(
  reply: FastifyReply,
  answers: readonly Answer[],
): Promise<FastifyReply> {
  reply.hijack();
  const events = new SseStream(reply.raw);
  try {
    await Promise.all(answers.map((answer) => streamOne(events, answer)));
  } finally {
    events.end();
  }
  return reply;
}

/** Begins a stream with a place to resume it from (MCP 2025-11-25, transports). */
export function primingEvent(id: string): SseEvent {
  return { id, retryMs, data: '' };
}

/**
 * What a client waits before it resumes a cut stream. The official clients give up after two vain
 * attempts, so a shorter pause would leave a restarted gateway too little time.
 */
const retryMs = 2_000;

async function streamOne(events: SseStream, answer: Answer): Promise<void> {
  if (answer.kind === 'pending' && answer.primingEventId !== null) {
    await events.send(primingEvent(answer.primingEventId));
  }
  const send = (message: object, id: string | null = null): Promise<void> => {
    const data = JSON.stringify(message);
    return events.send(id === null ? { data } : { id, data });
  };
  const ready = await settled(answer, { signal: events.signal, notify: send });
  if (ready !== null) await send(ready.response, ready.eventId);
}

function settled(answer: Answer, listener: Listener): Promise<ReadyAnswer | null> {
  return answer.kind === 'ready' ? Promise.resolve(answer) : answer.settle(listener);
}

/** Waits as long as the connection stands. */
function untilClosed(reply: FastifyReply): Listener {
  const closed = new AbortController();
  reply.raw.once('close', () => closed.abort());
  // The client may have left while its request was being worked on.
  if (reply.raw.destroyed) closed.abort();
  return { signal: closed.signal, notify: null };
}
