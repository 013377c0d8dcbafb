import { connect, type Socket } from 'node:net';

/** The update that a chunk of a stream holds, and what its report said. */
export interface Received {
  readonly seq: number;
  readonly message: string;
}

/** A client of a job's stream, which insists on every update once and in order. */
export class EventStream {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #onUpdate: (update: Received) => void;
  #rest = '';
  #seq = 0;

  /** @param onFault called when the stream breaks, or an update is missing, doubled or out of order */
  constructor(
    origin: string,
    jobId: string,
    onUpdate: (update: Received) => void,
    onFault: (fault: Error) => void,
  ) {
    const { hostname, port, host } = new URL(origin);
    const opened = Promise.withResolvers<void>();
    this.opened = opened.promise;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#onUpdate = (update) => {
      if (update.seq !== this.#seq + 1) {
        onFault(new Error(`update ${update.seq} of ${jobId} came after ${this.#seq}`));
      }
      this.#seq = update.seq;
      // The job's creation is its first update.
      if (update.seq === 1) opened.resolve();
      else onUpdate(update);
    };
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('error', onFault);
    this.#socket.on('close', () => onFault(new Error(`the stream of ${jobId} ended`)));
    this.#socket.write(
      `GET /jobs/${jobId}/stream HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`,
    );
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  /** Chunk sizes stand between events and are passed over. */
  #take(text: string): void {
    const received = this.#rest + text;
    const end = received.lastIndexOf('\n\n') + 2;
    this.#rest = end < 2 ? received : received.slice(end);
    if (end < 2) return;
    for (const [, seq, data] of received
      .slice(0, end)
      .matchAll(/^id: (\d+)\n(?:.+\n)*?data: (.*)\n/gm)) {
      const { message = '' } = JSON.parse(data ?? '{}') as { message?: string };
      this.#onUpdate({ seq: Number(seq), message });
    }
  }
}
