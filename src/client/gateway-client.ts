import { pause } from '../lib/backoff.ts';
import type { Json } from '../lib/json.ts';
import { callAfter } from '../lib/timer.ts';
import { isOver, type ApiJob, type ApiUpdate } from './api.ts';
import { connectionFault } from './connection-fault.ts';
import { GatewayFault } from './gateway-fault.ts';
import { throughOutages } from './outage-wait.ts';
import { notAGateway, responseFault } from './response-fault.ts';
import { readEvents } from './sse-reader.ts';

export interface GatewayClientOptions {
  /** Such as `https://gateway.example/asya`, without a slash at the end. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Null: nothing is sent. */
  readonly token: string | null;
  /** The version of this client, for messages. */
  readonly version: string;
  /** Told when the gateway goes away in mid-work, with why, and with null when it is back. */
  readonly onOutage: (fault: GatewayFault | null) => void;
  /** How long an outage may last, in milliseconds. Default: 10 minutes. */
  readonly outageLimitMs?: number;
  /** Ends whatever is under way; its reason is thrown. */
  readonly signal: AbortSignal;
}

interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response that has not begun after this time never will. */
const responseMs = 60_000;

/** Gateways send a comment every 15 s, so a stream that is silent for so long is dead. */
const silenceMs = 60_000;

/** Between the end of a stream and its resumption. */
const reopenMs = 250;

/**
 * Talks to a gateway over HTTP. While the gateway is away, it tries again, so each request has to be one
 * that may be repeated: all of the gateway's are, calls by their idempotency key.
 */
export class GatewayClient {
  readonly #options: GatewayClientOptions;
  #wasThere = false;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
  }

  /** @throws GatewayFault; the signal's reason */
  request<T>(request: ApiRequest): Promise<T> {
    return this.#persist(async () => {
      const response = await this.#send(request, responseMs);
      return (await this.#json(response, request)) as T;
    });
  }

  job(id: string): Promise<ApiJob> {
    return this.request({ method: 'GET', path: jobPath(id) });
  }

  /**
   * A job's updates from the first to the final one: each once, in order, however often the connection
   * breaks.
   *
   * @throws GatewayFault; the signal's reason
   */
  async *updates(id: string): AsyncGenerator<ApiUpdate> {
    const { signal } = this.#options;
    let seen = 0;
    for (;;) {
      const batch = await this.#persist(() => this.#open(id, seen));
      try {
        for await (const update of batch) {
          if (update.seq <= seen) continue;
          seen = update.seq;
          yield update;
          if (isOver(update.status)) return;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GatewayFault) || !error.isPassing) throw error;
      }
      // A gateway that stops ends its streams, and takes no new ones soon after.
      await pause(reopenMs, signal);
      signal.throwIfAborted();
    }
  }

  async #open(id: string, seen: number): Promise<AsyncGenerator<ApiUpdate>> {
    const silence = new AbortController();
    const headers = { accept: 'text/event-stream', 'last-event-id': String(seen) };
    const request = { method: 'GET', path: `${jobPath(id)}/stream`, headers } as const;
    const response = await this.#send(request, responseMs, silence.signal);
    if (!response.ok) await this.#json(response, request);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (isStream !== true || response.body === null) {
      throw notAGateway(response, this.#described(request));
    }
    return this.#updatesOf(response.body, silence);
  }

  async *#updatesOf(
    body: ReadableStream<Uint8Array>,
    silence: AbortController,
  ): AsyncGenerator<ApiUpdate> {
    const wait = (): (() => void) => callAfter(silenceMs, () => silence.abort());
    let stop = wait();
    try {
      const events = readEvents(body, () => {
        stop();
        stop = wait();
      });
      for await (const { event, data } of events) {
        if (event === 'update') yield JSON.parse(data) as ApiUpdate;
      }
    } catch (error) {
      throw connectionFault(error, this.#options.url);
    } finally {
      stop();
    }
  }

  #persist<T>(attempt: () => Promise<T>): Promise<T> {
    const { onOutage, outageLimitMs = 600_000, signal } = this.#options;
    const wasThere = (): boolean => this.#wasThere;
    return throughOutages(attempt, { wasThere, onOutage, limitMs: outageLimitMs }, signal);
  }

  /** @param timeoutMs until the response begins */
  async #send(
    { method, path, body, headers }: ApiRequest,
    timeoutMs: number,
    ended?: AbortSignal,
  ): Promise<Response> {
    const { url, token, version, signal } = this.#options;
    const late = new AbortController();
    const stopTimer = callAfter(timeoutMs, () => late.abort(new Error('no response in time')));
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        // A token must not go where a redirect leads.
        redirect: 'manual',
        headers: {
          accept: 'application/json, application/problem+json',
          'user-agent': `asya-gateway/${version}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, late.signal, ...(ended === undefined ? [] : [ended])]),
      });
      this.#wasThere = true;
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFault(error, url);
    } finally {
      stopTimer();
    }
  }

  /** @throws GatewayFault for whatever is not a success */
  async #json(response: Response, request: ApiRequest): Promise<Json> {
    const body = jsonOf(await this.#text(response));
    if (!response.ok) throw responseFault(response, body, this.#described(request));
    if (body === undefined) throw notAGateway(response, this.#described(request));
    return body;
  }

  async #text(response: Response): Promise<string> {
    const { signal, url } = this.#options;
    try {
      return await response.text();
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFault(error, url);
    }
  }

  #described({ method, path }: ApiRequest) {
    const { url, version } = this.#options;
    return { endpoint: `${method} ${path.replace(/\?.*/s, '')}`, url, version };
  }
}

/** Ids come from people, so they may hold anything. */
export function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
