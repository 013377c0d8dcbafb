import type { RequestId, RpcError } from './json-rpc.ts';

/** What the gateway sends to a request: at once, or once the job that the request waits for is finished. */
export type Reply = ReadyReply | PendingReply;

export interface ReadyReply {
  readonly kind: 'ready';
  readonly message: ReplyMessage;
  /** The HTTP status of a response that holds this reply alone; a stream has begun with 200 already. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a result of the stateless era says of itself. Default: that it is complete. */
  readonly resultType?: 'input_required';
  /** The reply's event id on a stream that can be resumed. */
  readonly eventId?: string;
}

export interface PendingReply {
  readonly kind: 'pending';
  /** Sent first on a stream, so that a client that got nothing else can still resume it. */
  readonly primingEventId: string | null;
  /**
   * Waits for the reply; never rejects. Null: none is to be sent, because the request was cancelled or
   * its stream will be resumed elsewhere.
   */
  readonly settle: (listener: Listener) => Promise<ReadyReply | null>;
}

/** Whoever waits for a reply. */
export interface Listener {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Takes what is told before the reply; null: nothing can be told. */
  readonly notify: ((notification: object, eventId: string | null) => Promise<void>) | null;
}

/** A reply as it goes over the wire. */
export type ReplyMessage = {
  readonly jsonrpc: '2.0';
  /** Absent if the request's could not be read (MCP 2025-11-25, basic, "Error Responses"). */
  readonly id?: RequestId;
} & ({ readonly result: object } | { readonly error: RpcError });

export function resultReply(id: RequestId, result: object): ReadyReply {
  return { kind: 'ready', message: { jsonrpc: '2.0', id, result }, status: 200 };
}

/** @param id null: the request's could not be read */
export function errorReply(id: RequestId | null, error: RpcError): ReadyReply {
  const message = { jsonrpc: '2.0', ...(id !== null && { id }), error } as const;
  return { kind: 'ready', message, status: 200 };
}

/** The same reply with another result; one that is an error stays as it is. */
export function withResult(reply: ReadyReply, change: (result: object) => object): ReadyReply {
  const { message } = reply;
  if (!('result' in message)) return reply;
  return { ...reply, message: { ...message, result: change(message.result) } };
}

/** Changes a reply once it is there. */
export function whenReady(reply: Reply, change: (ready: ReadyReply) => ReadyReply): Reply {
  if (reply.kind === 'ready') return change(reply);
  return {
    ...reply,
    settle: async (listener) => {
      const ready = await reply.settle(listener);
      return ready && change(ready);
    },
  };
}
