/*
 * A process that sends requests, checks every answer, and tells its parent how it went. Without a
 * rate each connection sends its next request at the last one's answer; with one, requests are due
 * at even intervals, and their latency counts from then on, however late they could be sent.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import { Exchanges, type Exchange, type Traffic } from './traffic.ts';
import { answerParent } from './worker.ts';

export interface HttpLoad {
  readonly origin: string;
  readonly traffic: Traffic;
  readonly connections: number;
  /** How long to go on; null: until all `requests` were sent. */
  readonly seconds: number | null;
  /** Most requests; null: as many as there is time for. */
  readonly requests: number | null;
  /** Requests a second; null: as many as are answered. */
  readonly perSecond: number | null;
}

export interface HttpLoadResult {
  readonly answers: number;
  readonly seconds: number;
  /** Ids of the jobs that calls created. */
  readonly jobs: readonly string[];
  /** Of each answer, in milliseconds, in no particular order. */
  readonly latencies: readonly number[];
}

await answerParent(async (load: HttpLoad): Promise<HttpLoadResult> => {
  const { origin, connections, perSecond } = load;
  const requests = load.requests ?? Infinity;
  const exchanges = new Exchanges(load.traffic, origin);
  const latencies: number[] = [];
  let sent = 0;

  const open = Array.from({ length: connections }, () => new HttpConnection(origin));
  const beginning = exchanges.begin();
  if (beginning !== null && open[0] !== undefined) await exchange(open[0], beginning);

  const begun = performance.now();
  const end = begun + (load.seconds ?? Infinity) * 1000;
  await Promise.all(
    open.map(perSecond === null ? sendAndSend : (it) => sendWhenDue(it, perSecond)),
  );
  const elapsed = (performance.now() - begun) / 1000;
  for (const connection of open) connection.close();
  return { answers: latencies.length, seconds: elapsed, jobs: [...exchanges.created], latencies };

  async function sendAndSend(connection: HttpConnection): Promise<void> {
    for (let now = begun; now < end && sent < requests;) {
      await exchange(connection, exchanges.next(sent++));
      const answered = performance.now();
      latencies.push(answered - now);
      now = answered;
    }
  }

  async function sendWhenDue(connection: HttpConnection, rate: number): Promise<void> {
    for (;;) {
      const n = sent++;
      const due = begun + (n * 1000) / rate;
      if (due >= end || n >= requests) return;
      const early = due - performance.now();
      if (early > 0) await pause(early);
      await exchange(connection, exchanges.next(n));
      latencies.push(performance.now() - due);
    }
  }
});

async function exchange(connection: HttpConnection, { request, isRight }: Exchange): Promise<void> {
  const answer = await connection.send(request);
  if (!isRight(answer)) {
    throw new Error(`wrong answer to\n${request}\n\n${answer.head}\n\n${answer.body}`);
  }
}
