import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { SseStream } from '../../lib/sse.ts';
import { ownsJob } from '../calls/awaited-call.ts';
import { isRequestCancelled } from '../calls/request-cancellation.ts';
import { deliver, deliverStream, primingEvent } from '../rpc/delivery.ts';
import { readEventId, type CallStream, type StreamPosition } from '../calls/call-stream.ts';
import { failedAnswer, refusal } from '../rpc/failure.ts';
import { errorResponse, rpcCodes } from '../rpc/json-rpc.ts';
import { ready } from '../rpc/reply.ts';
import { streamTerms, type LegacyCaller } from './methods.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';

export interface LegacyStreamsParts {
  readonly toolMethods: ToolMethods;
  readonly jobs: ClientJobs;
  /** Calls back whenever other tools are on offer; what it returns ends that. */
  readonly toolsChanged: (listener: () => void) => () => void;
  /** Aborted when the gateway drains: streams end, and clients resume elsewhere. */
  readonly closing: AbortSignal;
}

/** What a client gets by GET: the rest of a cut stream, or word of changes (MCP 2025-11-25, transports). */
export class LegacyStreams {
  readonly #parts: LegacyStreamsParts;

  constructor(parts: LegacyStreamsParts) {
    this.#parts = parts;
  }

  /**
   * @param lastEventId of a stream of any replica; empty: none
   * @throws StoreUnavailable or Overloaded
   */
  open(lastEventId: string, caller: LegacyCaller, reply: FastifyReply): Promise<FastifyReply> {
    if (lastEventId === '') return this.#listen(null, caller, reply);
    const call = readEventId(lastEventId);
    if (call !== null) return this.#resume(...call, caller, reply);
    const told = listingFormat.exec(lastEventId);
    return told === null ? refuseId(reply) : this.#listen(told[0], caller, reply);
  }

  async #resume(
    stream: CallStream,
    position: StreamPosition,
    caller: LegacyCaller,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (position === 'end') return sendNothing(reply);
    const job = await this.#parts.jobs.get(stream.jobId);
    if (job === null) {
      // Not a 404, which would end the session: the request is answered.
      const message = `the job ${stream.jobId} is not kept any more`;
      const error = { code: rpcCodes.invalidParams, message };
      return deliverStream(reply, [ready(errorResponse(stream.requestId, error))]);
    }
    if (position > job.seq) return refuseId(reply);
    if (ownsJob(stream) && isRequestCancelled(job)) return sendNothing(reply);
    const { toolMethods } = this.#parts;
    return deliverStream(reply, [toolMethods.resume(job, stream, position, streamTerms(caller))]);
  }

  /**
   * An idle stream that tells of changed tools; its event ids tell which tools the client knows of,
   * so that none is missed between two streams, whichever replicas they are on.
   *
   * @param known the id of the listing that the client knows; null: the present one
   */
  async #listen(
    known: string | null,
    caller: LegacyCaller,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { toolMethods, toolsChanged, closing } = this.#parts;
    const present = (): string => listingId(toolMethods.list(true));
    let told = known ?? present();
    reply.hijack();
    const events = new SseStream(reply.raw);
    const ended = AbortSignal.any([closing, events.signal]);
    let changed = Promise.withResolvers<void>();
    const stop = toolsChanged(() => changed.resolve());
    ended.addEventListener('abort', () => changed.resolve());
    try {
      if (streamTerms(caller).priming) await events.send(primingEvent(told));
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
      events.end();
    }
    return reply;
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
async function sendNothing(reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(204).send();
}

function refuseId(reply: FastifyReply): Promise<FastifyReply> {
  const failure = refusal(400, 'Last-Event-ID is not an event of this server');
  return deliver(reply, failedAnswer(null, failure), 'json');
}
