import type { RpcResponse } from './json-rpc.ts';

/** What a request is answered with: at once, or once the job it waits for is finished. */
export type Answer = ReadyAnswer | PendingAnswer;

export interface ReadyAnswer {
  readonly kind: 'ready';
  readonly response: RpcResponse;
  /** HTTP status of a body of its own; a stream has begun with 200 already. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a result of the stateless era says of itself; default: that it is complete. */
  readonly resultType?: 'input_required';
  /** The response's event id on a stream that can be resumed. */
  readonly eventId?: string;
}

export interface PendingAnswer {
  readonly kind: 'pending';
  /** Sent first on a stream, so that a client that never got more can still resume. */
  readonly primingEventId: string | null;
  /**
   * Waits for the answer; never rejects. Null: none is to be sent, because the request was cancelled
   * or its stream will be resumed elsewhere.
   */
  readonly settle: (listener: Listener) => Promise<ReadyAnswer | null>;
}

/** Whoever waits for an answer. */
export interface Listener {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Takes what is told before the response; null: nothing can be told. */
  readonly notify: ((notification: object, eventId: string | null) => Promise<void>) | null;
}

export function ready(response: RpcResponse, status = 200): ReadyAnswer {
  return { kind: 'ready', response, status };
}
