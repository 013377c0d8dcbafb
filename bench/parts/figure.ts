import { partsCpuMs, type Part, type Stand } from './stand.ts';
import { median } from './statistics.ts';

/** Microseconds of processor time for each operation; null where the system does not tell. */
export type CpuMicros = Readonly<Record<Part, number | null>>;

/** One measurement. */
export interface Sample {
  readonly value: number;
  readonly cpu?: CpuMicros;
}

/** What was measured, several times: a line of the report. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** More is better: a rate. Less is: a time, a size, a cost. */
  readonly better: 'more' | 'less';
  /** Null: none is set. */
  readonly target: Target | null;
  readonly samples: readonly Sample[];
  /** Of what it is compared with; empty: there is nothing, or it was not there. */
  readonly others: readonly Sample[];
}

export interface Target {
  /** Bound on the median. */
  readonly value?: number;
  /** How many times better than the other it has to be. */
  readonly ratio?: number;
}

export function middle(samples: readonly Sample[]): number {
  return median(samples.map(({ value }) => value));
}

/** How many times better the gateway is; null: there is nothing to compare with. */
export function ratioOf({ samples, others, better }: Figure): number | null {
  if (others.length === 0) return null;
  const [ours, theirs] = [middle(samples), middle(others)];
  return better === 'more' ? ours / theirs : theirs / ours;
}

/** Null: no target is set, or what it compares with was not there. */
export function isMet(figure: Figure): boolean | null {
  const { target, samples, better } = figure;
  if (target === null) return null;
  const value = middle(samples);
  const ratio = ratioOf(figure);
  const verdicts = [
    target.value === undefined
      ? null
      : better === 'more'
        ? value >= target.value
        : value <= target.value,
    target.ratio === undefined || ratio === null ? null : ratio >= target.ratio,
  ].filter((verdict) => verdict !== null);
  return verdicts.length === 0 ? null : verdicts.every(Boolean);
}

/** Runs work and tells what each of its operations costs. */
export async function withCpu<T extends { readonly operations: number }>(
  stand: Stand,
  work: () => Promise<T>,
): Promise<T & { readonly cpu: CpuMicros }> {
  const before = await partsCpuMs(stand);
  const result = await work();
  const after = await partsCpuMs(stand);
  const of = (part: Part): number | null => {
    const [began, ended] = [before[part], after[part]];
    return began === null || ended === null ? null : ((ended - began) * 1000) / result.operations;
  };
  return {
    ...result,
    cpu: { gateway: of('gateway'), postgresql: of('postgresql'), rabbitmq: of('rabbitmq') },
  };
}
