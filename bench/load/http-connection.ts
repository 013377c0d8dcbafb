import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * One request at a time over one connection that is kept. The load shares the processors with what
 * it measures, and this costs a third of what an HTTP client does.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #received = '';
  #waiting: PromiseWithResolvers<HttpAnswer> | null = null;

  constructor(origin: string) {
    const { hostname, port } = new URL(origin);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    // Every byte is a character, so that lengths are right; bodies are decoded once complete.
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
  }

  send(request: string): Promise<HttpAnswer> {
    const waiting = Promise.withResolvers<HttpAnswer>();
    this.#waiting = waiting;
    this.#socket.write(request);
    return waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    const waiting = this.#waiting;
    if (waiting === null) return;
    const answer = readAnswer(this.#received);
    if (answer === null) return;
    this.#received = '';
    this.#waiting = null;
    waiting.resolve(answer);
  }
}

/** Null: it is not complete yet. */
function readAnswer(received: string): HttpAnswer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = received.slice(0, end);
  const status = Number(head.slice(9, 12));
  const rest = received.slice(end + 4);
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    return rest.length < Number(length) ? null : { status, head, body: decode(rest) };
  }
  if (!/\ntransfer-encoding: *chunked/i.test(head)) return { status, head, body: '' };
  return rest.endsWith('0\r\n\r\n') ? { status, head, body: decode(joinChunks(rest)) } : null;
}

function joinChunks(text: string): string {
  let body = '';
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

function decode(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
