import type { Json } from '../../../src/lib/json.ts';
import { TimeLimitExceeded, withTimeLimit } from '../../../src/lib/time-limit.ts';

/** A message on its way, apart from the names each generation gives its fields. */
export interface Moving {
  readonly steps: readonly string[];
  readonly current: number;
  readonly payload: Json;
}

/**
 * A user's handler. It sees the payload alone: a list it returns fans out, null goes straight to the
 * end. Or it sees the whole message and moves it on by itself.
 */
export type Handler =
  | { readonly payload: (payload: Json) => Json | Promise<Json> }
  | { readonly envelope: (message: Moving) => Moving };

export type Response =
  | { readonly kind: 'returned'; readonly messages: readonly Moving[] }
  | { readonly kind: 'error'; readonly error: string; readonly details: ErrorDetails }
  | { readonly kind: 'timeout' };

export interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly traceback: string;
}

/** Calls a handler as Asya's runtime does. Payload handlers leave `current` as it is. */
export async function callRuntime(
  handler: Handler,
  message: Moving,
  timeoutMs: number,
): Promise<Response> {
  try {
    if ('envelope' in handler) return { kind: 'returned', messages: [handler.envelope(message)] };
    const returned = await withTimeLimit(
      Promise.resolve(handler.payload(message.payload)),
      timeoutMs,
    );
    const payloads = Array.isArray(returned) ? returned : returned === null ? [] : [returned];
    return { kind: 'returned', messages: payloads.map((payload) => ({ ...message, payload })) };
  } catch (error) {
    if (error instanceof TimeLimitExceeded) return { kind: 'timeout' };
    if (!(error instanceof Error)) throw error;
    const { name, message: text, stack = '' } = error;
    const details = { message: text, type: name, traceback: stack };
    return { kind: 'error', error: 'processing_error', details };
  }
}
