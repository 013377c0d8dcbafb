import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { callEvery, type StopTimer } from './timer.ts';

export interface SseEvent {
  /** Default: `message`, which is sent by leaving the field out. */
  readonly event?: string;
  /** What the client sends back as `Last-Event-ID` to resume after this event. */
  readonly id?: string;
  /** What the client is told to wait before it reconnects; default: not said. */
  readonly retryMs?: number;
  /** May hold line breaks. */
  readonly data: string;
}

export interface SseOptions {
  /** Headers beside the stream's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A comment is sent this often, so that proxies keep the connection. Default 15,000. */
  readonly keepaliveMs?: number;
  /** A client that takes nothing for this long is disconnected. Default 30,000. */
  readonly stallMs?: number;
  /** What the client is told to wait before it reconnects; default: not said. */
  readonly retryMs?: number;
}

/**
 * The sending end of a Server-Sent Events stream (WHATWG HTML, section 9.2). A sender awaits `send`,
 * so at most one event waits in memory for a slow client.
 */
export class SseStream {
  static #open = 0;

  /** How many streams this process has open. */
  static get open(): number {
    return SseStream.#open;
  }

  readonly #response: ServerResponse;
  readonly #stallMs: number;
  readonly #stopKeepalive: StopTimer;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse, options: SseOptions = {}) {
    this.#response = response;
    this.#stallMs = options.stallMs ?? 30_000;
    response.on('error', () => {});
    this.#stopKeepalive = callEvery(options.keepaliveMs ?? 15_000, () => this.#keepAlive());
    // The client may have left while its request was being worked on.
    if (response.destroyed) this.#ended();
    else this.#begin(options);
  }

  /** Sends the head at once: clients take its arrival as the sign that the call was accepted. */
  #begin(options: SseOptions): void {
    const response = this.#response;
    SseStream.#open++;
    this.signal.addEventListener('abort', () => SseStream.#open--, { once: true });
    response.once('close', () => this.#ended());
    // Not by `writeHead`, whose headers cannot be read back: metrics tell streams by it.
    response.setHeader('content-type', 'text/event-stream');
    response.writeHead(200, {
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...options.headers,
    });
    response.flushHeaders();
    if (options.retryMs !== undefined) response.write(`retry: ${options.retryMs}\n\n`);
  }

  /** Aborted once the client is gone or the stream ended. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when the client can take more; at once, and without effect, if it is gone. */
  async send({ event, id, retryMs, data }: SseEvent): Promise<void> {
    if (this.#gone.signal.aborted) return;
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    if (event !== undefined) lines.unshift(`event: ${event}\n`);
    if (id !== undefined) lines.unshift(`id: ${id}\n`);
    if (retryMs !== undefined) lines.unshift(`retry: ${retryMs}\n`);
    if (!this.#response.write(`${lines.join('')}\n`)) await this.#drained();
  }

  end(): void {
    if (!this.#gone.signal.aborted) this.#response.end();
    this.#ended();
  }

  async #drained(): Promise<void> {
    const stalled = AbortSignal.timeout(this.#stallMs);
    try {
      await once(this.#response, 'drain', { signal: AbortSignal.any([stalled, this.signal]) });
    } catch {
      if (!this.signal.aborted) this.#response.destroy();
    }
  }

  /** Left out while earlier bytes wait: they keep the connection as well. */
  #keepAlive(): void {
    if (this.#response.writableLength === 0) this.#response.write(': keepalive\n\n');
  }

  #ended(): void {
    this.#stopKeepalive();
    this.#gone.abort();
  }
}
