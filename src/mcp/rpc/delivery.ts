import type { FastifyReply } from 'fastify';
import { goneSignal } from '../../lib/gone-signal.ts';
import { SseStream, type SseEvent } from '../../lib/sse.ts';
import type { ReplyForm } from './accept.ts';
import type { Listener, ReadyReply, Reply } from './reply.ts';

/** Sends the reply to a single request; one that has to be waited for as a stream if possible. */
export async function deliver(
  response: FastifyReply,
  reply: Reply,
  form: ReplyForm,
): Promise<FastifyReply> {
  if (reply.kind === 'pending' && form === 'stream') return deliverStream(response, [reply]);
  // A reply that is there needs no watch on its connection, which would cost a tenth of the request.
  const ready = reply.kind === 'ready' ? reply : await reply.settle(silentListener(response));
  if (ready === null) return response.code(204).send();
  const { message, status, headers = {} } = ready;
  return response.code(status).headers(headers).send(message);
}

/** Sends the replies to a batch: one array, or one by one as they come if some must be waited for. */
export async function deliverBatch(
  response: FastifyReply,
  replies: readonly Reply[],
  form: ReplyForm,
): Promise<FastifyReply> {
  const waits = replies.some(({ kind }) => kind === 'pending');
  if (waits && form === 'stream') return deliverStream(response, replies);
  const listener = silentListener(response);
  const all = await Promise.all(replies.map((reply) => settled(reply, listener)));
  return response.send(all.filter((ready) => ready !== null).map(({ message }) => message));
}

/** Sends the replies as they come, each after what is told before it. */
export async function deliverStream(
  response: FastifyReply,
  replies: readonly Reply[],
): Promise<FastifyReply> {
  response.hijack();
  const events = new SseStream(response.raw);
  try {
    await Promise.all(replies.map((reply) => streamOne(events, reply)));
  } finally {
    events.end();
  }
  return response;
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

async function streamOne(events: SseStream, reply: Reply): Promise<void> {
  if (reply.kind === 'pending' && reply.primingEventId !== null) {
    await events.send(primingEvent(reply.primingEventId));
  }
  const send = (message: object, id: string | null = null): Promise<void> => {
    const data = JSON.stringify(message);
    return events.send(id === null ? { data } : { id, data });
  };
  const ready = await settled(reply, { signal: events.signal, notify: send });
  if (ready !== null) await send(ready.message, ready.eventId);
}

function settled(reply: Reply, listener: Listener): Promise<ReadyReply | null> {
  return reply.kind === 'ready' ? Promise.resolve(reply) : reply.settle(listener);
}

/** Waits as long as the connection stands, and can be told nothing on the way. */
function silentListener(response: FastifyReply): Listener {
  return { signal: goneSignal(response.raw), notify: null };
}
