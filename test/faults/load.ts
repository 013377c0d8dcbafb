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
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #held = false;
  #calls = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Makes no more calls until `resume`, and waits for the answers under way. */
  async hold(): Promise<void> {
    this.#held = true;
    await Promise.all(this.#underWay);
  }

  resume(): void {
    this.#held = false;
  }

  /** A call beside the others, made again until it is given an id, which it resolves with. */
  async callOnce(more: Readonly<Record<string, unknown>>): Promise<string> {
    for (;;) {
      const id = await this.#call(this.#calls++, more);
      if (id !== null) return id;
      await pause(100);
    }
  }

  /** Has the calls of another load judged with these. It must have stopped. */
  include({ tally }: Load): void {
    this.tally.accepted.push(...tally.accepted);
    this.tally.unanswered.push(...tally.unanswered);
    this.tally.wrong.push(...tally.wrong);
    this.tally.refused += tally.refused;
    this.tally.notConnected += tally.notConnected;
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
    let due = 0;
    for (let last = performance.now(); !this.#stopping.signal.aborted; await pause(10)) {
      const now = performance.now();
      if (!this.#held) due += ((now - last) / 1000) * perSecond;
      last = now;
      for (; due >= 1; due--) this.#begin();
    }
  }

  #begin(): void {
    const n = this.#calls++;
    this.#track(this.#call(n));
    const known = this.tally.accepted[Math.floor(Math.random() * this.tally.accepted.length)];
    if (n % readEvery === 0 && known !== undefined) this.#track(this.#read(n, known.id));
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  /** The job's id; null: it has none. */
  async #call(n: number, more: object = {}): Promise<string | null> {
    const { tool = 'calculate', arguments: rest = {} } = this.#options;
    const body = JSON.stringify({ name: tool, arguments: { n, ...rest, ...more } });
    const answer = await this.#ask(`${this.#urlOf(n)}/tools/call`, 'POST', n, body);
    if (answer === null) return null;
    const { structuredContent } = answer as { structuredContent?: { job_id?: string } };
    const id = structuredContent?.job_id ?? null;
    if (id === null) this.tally.wrong.push(JSON.stringify(answer));
    else this.tally.accepted.push({ id, n, at: Date.now() });
    return id;
  }

  /** A job whose id was handed out is never unknown. */
  async #read(n: number, id: string): Promise<void> {
    await this.#ask(`${this.#urlOf(n)}/jobs/${id}`, 'GET', -1);
  }

  #urlOf(n: number): string {
    const { urls } = this.#options;
    return urls[n % urls.length] ?? '';
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
