import { UsageError } from '../usage-error.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
};

/** @throws UsageError unless it is a number of seconds above 0 */
export function secondsOf(text: string, option: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0)
    throw new UsageError(`${option} takes a number of seconds above 0, not "${text}"`);
  return seconds;
}

/**
 * The time that `10m` or `2026-01-01T00:00:00Z` means, as ISO 8601.
 *
 * @throws UsageError
 */
export function sinceText(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const instant =
    count === undefined ? Date.parse(text) : now - Number(count) * (unitSeconds[unit] ?? 1) * 1_000;
  if (Number.isNaN(instant)) {
    throw new UsageError(
      `--since takes a time such as 10m, 2h, 7d or 2026-01-31, not "${text}"`,
      'jobs ls',
    );
  }
  return new Date(instant).toISOString();
}
