import type { ServerResponse } from 'node:http';
import { callAfter, callEvery, type StopTimer } from './timer.ts';

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
 * The sending end of a Server-Sent Events stream (WHATWG HTML, section 9.2). However many senders a
 * stream has, at most one event is in memory for a client that reads slowly: the other senders wait,
 * as long as they await `send`.
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
  /** Resolves when the client has taken what was written; null: it has taken all of it. */
  #draining: Promise<void> | null = null;

  constructor(response: ServerResponse, options: SseOptions = {}) {
    this.#response = response;
    this.#stallMs = options.stallMs ?? 30_000;
    response.on('error', () => {});
    this.#stopKeepalive = callEvery(options.keepaliveMs ?? 15_000, () => this.#keepAlive());
    // The client may have left while its request was being worked on.
    if (response.destroyed) this.#stop();
    else this.#begin(options);
  }

  /** Sends the head at once: clients take its arrival as the sign that the call was accepted. */
  #begin(options: SseOptions): void {
    const response = this.#response;
    SseStream.#open++;
    response.once('close', () => this.#ended());
    // Not by `writeHead`, whose headers cannot be read back: metrics tell streams by it.
    response.setHeader('content-type', 'text/event-stream');
    response.writeHead(200, {
      // Without no-transform a proxy may compress the stream, and gather events to do so.
      'cache-control': 'no-cache, no-transform',
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
    // Another sender may have been quicker, and filled the connection again.
    while (this.#draining !== null) await this.#draining;
    if (this.#gone.signal.aborted) return;
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    if (event !== undefined) lines.unshift(`event: ${event}\n`);
    if (id !== undefined) lines.unshift(`id: ${id}\n`);
    if (retryMs !== undefined) lines.unshift(`retry: ${retryMs}\n`);
    if (this.#response.write(`${lines.join('')}\n`)) return;
    this.#draining = this.#drained();
    await this.#draining;
  }

  end(): void {
    if (!this.#gone.signal.aborted) this.#response.end();
    this.#ended();
  }

  /** One wait for all senders. A client that takes nothing for too long is disconnected. */
  #drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const stopStalled = callAfter(this.#stallMs, () => response.destroy());
      const done = (): void => {
        stopStalled();
        response.off('drain', done);
        this.signal.removeEventListener('abort', done);
        this.#draining = null;
        resolve();
      };
      response.on('drain', done);
      this.signal.addEventListener('abort', done);
    });
  }

  /** Left out while earlier bytes wait: they keep the connection as well. */
  #keepAlive(): void {
    if (this.#response.writableLength === 0) this.#response.write(': keepalive\n\n');
  }

  #ended(): void {
    if (this.#gone.signal.aborted) return;
    SseStream.#open--;
    this.#stop();
  }

  #stop(): void {
    this.#stopKeepalive();
    this.#gone.abort();
  }
}
