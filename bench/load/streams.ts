/*
 * A process that watches jobs over many streams, reports on them at an even rate, and tells its
 * parent how long each report took to every one of its watchers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from '../parts/cpu.ts';
import { EventStream } from './event-stream.ts';
import { HttpConnection } from './http-connection.ts';
import { answerParent } from './worker.ts';

export interface StreamsLoad {
  readonly origin: string;
  /** The process that serves them. */
  readonly pid: number;
  readonly jobs: readonly string[];
  readonly step: string;
  /** Spread evenly over the jobs. */
  readonly streams: number;
  /** Reports, each an update, spread over the jobs, too. */
  readonly reports: number;
  readonly perSecond: number;
}

export interface StreamsResult {
  /** Updates that did not arrive. */
  readonly lost: number;
  /** From each report to each of its watchers, in milliseconds. */
  readonly latencies: readonly number[];
  /** From each report until the last of its watchers had it. */
  readonly untilAll: readonly number[];
  /** What the serving process grew by, for each stream; null where the system does not tell. */
  readonly bytesPerStream: number | null;
}

/** Streams that are being opened at a time. */
const opening = 100;

/** For the last updates to arrive. */
const graceMs = 10_000;

await answerParent(async (load: StreamsLoad): Promise<StreamsResult> => {
  const { origin, pid, jobs, step, reports, perSecond } = load;
  const latencies: number[] = [];
  const last = new Map<number, number>();
  const sentAt: number[] = [];
  const fault = Promise.withResolvers<never>();
  const streams: EventStream[] = [];
  const watchers = load.streams / jobs.length;

  const before = await residentBytes(pid);
  while (streams.length < load.streams) {
    const next = Array.from(
      { length: Math.min(opening, load.streams - streams.length) },
      (_, i) => {
        const job = jobs[(streams.length + i) % jobs.length] ?? '';
        return new EventStream(origin, job, take, fault.reject);
      },
    );
    streams.push(...next);
    await Promise.race([Promise.all(next.map(({ opened }) => opened)), fault.promise]);
  }
  const after = await residentBytes(pid);

  const expected = reports * watchers;
  await Promise.race([report(), fault.promise]);
  for (const end = performance.now() + graceMs; latencies.length < expected; await pause(20)) {
    if (performance.now() > end) break;
    await Promise.race([pause(0), fault.promise]);
  }
  for (const stream of streams) stream.close();
  return {
    lost: expected - latencies.length,
    latencies,
    untilAll: [...last].map(([n, at]) => at - (sentAt[n] ?? Number.NaN)),
    bytesPerStream: before === null || after === null ? null : (after - before) / load.streams,
  };

  function take({ message }: { readonly message: string }): void {
    const now = performance.now();
    const n = Number(message.slice('report '.length));
    latencies.push(now - (sentAt[n] ?? Number.NaN));
    last.set(n, now);
  }

  async function report(): Promise<void> {
    const connections = Array.from({ length: 16 }, () => new HttpConnection(origin));
    const begun = performance.now();
    let sent = 0;
    await Promise.all(
      connections.map(async (connection) => {
        while (sent < reports) {
          const n = sent++;
          await pause(Math.max(0, begun + (n * 1000) / perSecond - performance.now()));
          sentAt[n] = performance.now();
          const { status, body } = await connection.send(progress(n));
          if (status !== 200) throw new Error(`a report was answered with ${status} ${body}`);
        }
        connection.close();
      }),
    );
  }

  function progress(n: number): string {
    const body = JSON.stringify({
      step,
      step_index: 0,
      total_steps: 1,
      status: 'processing',
      actor_name: step,
      message: `report ${n}`,
    });
    return (
      `POST /jobs/${jobs[n % jobs.length]}/progress HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    );
  }
});
