import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { patienceMs } from '../support/patience.ts';

/** A call without an answer for this long hangs, which nothing excuses. */
const hangMs = patienceMs / 2;

interface Accepted {
  readonly id: string;
  readonly n: number;
  readonly at: number;
}

/** What became of the calls so far. */
export interface Tally {
  /** Calls that were given an id. */
  readonly accepted: Accepted[];
  /** 503 with Retry-After. */
  refused: number;
  /** Nobody listens: the gateway is not there. */
  notConnected: number;
  /** Calls whose connection broke before the answer. */
  readonly unanswered: { readonly n: number; readonly error: string }[];
  /** Answers that nobody may get, and calls that hung. */
  readonly wrong: string[];
}

export interface LoadOptions {
  readonly urls: readonly string[];
  readonly perSecond: number;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** Every so many calls a job is read, too. */
const readEvery = 4;

/** Steady calls to all gateways in turn, however they answer, and reads of the jobs they made. */
export class Load {
  readonly tally: Tally = { accepted: [], refused: 0, notConnected: 0, unanswered: [], wrong: [] };
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ connections: 128, headersTimeout: hangMs, bodyTimeout: hangMs });
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #calls = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends the calls and waits for the answers under way. */
  async stop(): Promise<Tally> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#underWay);
    await this.#agent.close();
    return this.tally;
  }

  async #run(): Promise<void> {
    const { perSecond } = this.#options;
    const begun = performance.now();
    while (!this.#stopping.signal.aborted) {
      const due = ((performance.now() - begun) / 1000) * perSecond;
      while (this.#calls < due) this.#begin();
      await pause(10);
    }
  }

  #begin(): void {
    const n = this.#calls++;
    const { urls } = this.#options;
    const url = urls[n % urls.length] ?? '';
    this.#track(this.#call(url, n));
    const known = this.tally.accepted[Math.floor(Math.random() * this.tally.accepted.length)];
    if (n % readEvery === 0 && known !== undefined) this.#track(this.#read(url, known.id));
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #call(url: string, n: number): Promise<void> {
    const { tool = 'calculate', arguments: rest = {} } = this.#options;
    const body = JSON.stringify({ name: tool, arguments: { n, ...rest } });
    const answer = await this.#ask(`${url}/tools/call`, 'POST', n, body);
    if (answer === null) return;
    const { structuredContent } = answer as { structuredContent?: { job_id?: string } };
    if (structuredContent?.job_id === undefined) this.tally.wrong.push(JSON.stringify(answer));
    else this.tally.accepted.push({ id: structuredContent.job_id, n, at: Date.now() });
  }

  /** A job whose id was handed out is never unknown. */
  async #read(url: string, id: string): Promise<void> {
    await this.#ask(`${url}/jobs/${id}`, 'GET', -1);
  }

  /** The body of a 200. Null: there was none, which is counted. */
  async #ask(url: string, method: 'GET' | 'POST', n: number, body?: string): Promise<unknown> {
    const begun = performance.now();
    try {
      const answer = await request(url, {
        dispatcher: this.#agent,
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body }),
      });
      const text = await answer.body.text();
      if (answer.statusCode === 200) return JSON.parse(text);
      const retryable = answer.statusCode === 503 && answer.headers['retry-after'] !== undefined;
      if (!retryable) this.tally.wrong.push(`${url}: ${answer.statusCode} ${text}`);
      else if (method === 'POST') this.tally.refused++;
    } catch (error) {
      const hung = performance.now() - begun >= hangMs - 1_000;
      if (hung) this.tally.wrong.push(`${url}: no answer: ${String(error)}`);
      else if (method === 'POST' && isRefusal(error)) this.tally.notConnected++;
      else if (method === 'POST') this.tally.unanswered.push({ n, error: String(error) });
    }
    return null;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
