import { setTimeout as pause } from 'node:timers/promises';
import type { Agent } from 'undici';
import { request } from 'undici';

export interface Reading {
  /** The seqs, as they came. */
  readonly seqs: number[];
  readonly cuts: number;
}

/**
 * Reads a job's stream to its end, cutting its own connection every few updates and going on at the
 * next replica after the last one seen, as clients do.
 */
export async function readWithCuts(
  urls: readonly string[],
  jobId: string,
  { agent, cuts: maxCuts, first }: { agent: Agent; cuts: number; first: number },
): Promise<Reading> {
  const seqs: number[] = [];
  let cuts = 0;
  for (let connection = first; ; connection++) {
    const last = seqs.at(-1);
    const cutAfter = cuts < maxCuts ? 1 + Math.floor(Math.random() * 4) : Infinity;
    const reading = new AbortController();
    try {
      const url = urls[connection % urls.length] ?? '';
      const { statusCode, body } = await request(`${url}/jobs/${jobId}/stream`, {
        dispatcher: agent,
        signal: reading.signal,
        headers: last === undefined ? {} : { 'last-event-id': String(last) },
        bodyTimeout: 0,
      });
      if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`);
      let rest = '';
      let seen = 0;
      for await (const chunk of body.setEncoding('utf8')) {
        const blocks = (rest + String(chunk)).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const update = /^id: (\d+)$/m.exec(block);
          if (update === null) continue;
          seqs.push(Number(update[1]));
          if (/"status":"(Succeeded|Failed|Cancelled)"/.test(block)) return { seqs, cuts };
          if (++seen >= cutAfter) break;
        }
        if (seen >= cutAfter) break;
      }
      if (seen >= cutAfter) cuts++;
    } catch {
      // The gateway was killed, or is not there.
      await pause(100);
    }
    reading.abort();
  }
}
