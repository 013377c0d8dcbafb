import type { Figure } from './figure.ts';
import {
  ownStand,
  peerStand,
  type Backends,
  type Peer,
  type Stand,
  type StandOptions,
} from './stand.ts';

/** What every scenario is given. */
export interface Bench {
  readonly backends: Backends;
  /** Null: it was not named, and the gateway is measured alone. */
  readonly peer: Peer | null;
  /** How often each measurement is made; one more before them warms up. */
  readonly rounds: number;
  /** How long one takes, where it has no end of its own. */
  readonly seconds: number;
  /** How many finished jobs make a long history. */
  readonly historyJobs: number;
  /** Tells what is going on. */
  readonly say: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}

/** HTTP connections of a load, unless a scenario says otherwise. */
export const connections = 64;

export interface Turns<T> {
  readonly gateway: readonly T[];
  readonly peer: readonly T[];
}

/**
 * Measures the gateway and the peer in turns, because a machine is never the same twice. A stand is
 * made once for each, and the first round is thrown away: it warms compilers and caches up.
 */
export async function inTurns<T>(
  { backends, peer, rounds, say }: Bench,
  measure: (stand: Stand) => Promise<T>,
  options: StandOptions = {},
): Promise<Turns<T>> {
  await using gateway = await ownStand(backends, options);
  await using other = peer === null ? null : await peerStand(backends, peer, options);
  const results = { gateway: [] as T[], peer: [] as T[] };
  for (let round = 0; round <= rounds; round++) {
    for (const stand of [gateway, other]) {
      if (stand === null) continue;
      const result = await measure(stand);
      if (round > 0) results[stand.name].push(result);
      say(`${stand.name}, round ${round}: ${JSON.stringify(result)}`);
    }
  }
  return results;
}

/** Measures the gateway alone; the first round is thrown away. */
export async function alone<T>(
  { backends, rounds, say }: Bench,
  measure: (stand: Stand) => Promise<T>,
  options: StandOptions = {},
): Promise<T[]> {
  await using gateway = await ownStand(backends, options);
  const results: T[] = [];
  for (let round = 0; round <= rounds; round++) {
    const result = await measure(gateway);
    if (round > 0) results.push(result);
    say(`round ${round}: ${JSON.stringify(result)}`);
  }
  return results;
}
