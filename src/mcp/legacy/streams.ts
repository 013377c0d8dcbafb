import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { openStream } from '../../calls/client.ts';
import { onAbort } from '../../lib/on-abort.ts';
import { SseStream } from '../../lib/sse.ts';
import { removedReply } from '../calls/call-reply.ts';
import {
  madeJob,
  readEventId,
  type CallStream,
  type StreamPosition,
} from '../calls/call-stream.ts';
import type { CallWait } from '../calls/call-wait.ts';
import { isRequestCancelled } from '../calls/request-cancellation.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';
import { resumeWait } from '../calls/waited-call.ts';
import { deliver, deliverStream, primingEvent } from '../rpc/delivery.ts';
import { failedReply, refusal } from '../rpc/failure.ts';
import type { LegacyCaller } from './caller.ts';
import { StreamAsker } from './stream-asker.ts';

export interface LegacyStreamsParts {
  readonly toolMethods: ToolMethods;
  readonly callWait: CallWait;
  /** Calls back whenever other tools are on offer; what it returns ends that. */
  readonly toolsChanged: (listener: () => void) => () => void;
  /** Aborted when the gateway drains: streams end, and clients resume elsewhere. */
  readonly closing: AbortSignal;
}

/** What a client gets by GET: the rest of a stream that was cut, or news of changed tools (MCP 2025-11-25, transports). */
export class LegacyStreams {
  readonly #parts: LegacyStreamsParts;

  constructor(parts: LegacyStreamsParts) {
    this.#parts = parts;
  }

  /**
   * @param lastEventId of a stream of any replica; empty: none
   * @throws StoreUnavailable or Overloaded
   */
  open(lastEventId: string, caller: LegacyCaller, response: FastifyReply): Promise<FastifyReply> {
    if (lastEventId === '') return this.#listen(null, caller, response);
    const call = readEventId(lastEventId);
    if (call !== null) return this.#resume(...call, caller, response);
    const told = listingFormat.exec(lastEventId);
    return told === null ? refuseId(response) : this.#listen(told[0], caller, response);
  }

  async #resume(
    stream: CallStream,
    position: StreamPosition,
    caller: LegacyCaller,
    response: FastifyReply,
  ): Promise<FastifyReply> {
    if (position === 'end') return sendNothing(response);
    const job = await caller.client.jobs.get(stream.jobId);
    if (job === null) {
      return deliverStream(response, [removedReply(stream.requestId, stream.jobId)]);
    }
    if (position > job.seq) return refuseId(response);
    if (madeJob(stream) && isRequestCancelled(job)) return sendNothing(response);
    const { callWait } = this.#parts;
    const asker = new StreamAsker({ capabilities: caller.capabilities, ofTask: false });
    const call = resumeWait(job, stream, position, caller, asker);
    return deliverStream(response, [callWait.pending(call, caller)]);
  }

  /**
   * An idle stream that tells of changed tools. Its event ids say which tools the client knows of, so
   * that no change is missed between two streams, whichever replicas they are on.
   *
   * @param known the id of the listing that the client knows; null: the present one
   */
  async #listen(
    known: string | null,
    caller: LegacyCaller,
    response: FastifyReply,
  ): Promise<FastifyReply> {
    const { toolMethods, toolsChanged, closing } = this.#parts;
    const present = (): string => listingId(toolMethods.list(true, caller.client));
    let told = known ?? present();
    const { expired, close } = openStream(caller.client);
    response.hijack();
    const events = new SseStream(response.raw);
    const ended = AbortSignal.any([closing, expired, events.signal]);
    let changed = Promise.withResolvers<void>();
    const stop = toolsChanged(() => changed.resolve());
    onAbort(ended, () => changed.resolve());
    try {
      if (caller.primed) await events.send(primingEvent(told));
      while (!ended.aborted) {
        if (present() !== told) {
          told = present();
          await events.send({ id: told, data: listChanged });
        }
        await changed.promise;
        changed = Promise.withResolvers();
      }
    } finally {
      stop();
      close();
      events.end();
    }
    return response;
  }
}

const listChanged = JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/tools/list_changed',
});

const listingFormat = /^tools\.[A-Za-z0-9_-]{16}$/;

function listingId(tools: readonly object[]): string {
  const digest = createHash('sha256').update(JSON.stringify(tools)).digest('base64url');
  return `tools.${digest.slice(0, 16)}`;
}

/** The stream is over. 204 is how a server tells a client not to reconnect (WHATWG HTML, 9.2). */
async function sendNothing(response: FastifyReply): Promise<FastifyReply> {
  return response.code(204).send();
}

function refuseId(response: FastifyReply): Promise<FastifyReply> {
  const failure = refusal(400, 'Last-Event-ID is not an event of this server');
  return deliver(response, failedReply(null, failure), 'json');
}
