/** Milliseconds since 1970-01-01T00:00:00Z, now. Tests pass their own. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

const yearOne = Date.parse('0001-01-01T00:00:00Z');
const yearTenThousand = Date.parse('9999-12-31T23:59:59.999Z') + 1;

/** Is it a time of the years 1 to 9999, which every part of the gateway can express? False for NaN. */
export function isInstant(ms: number): boolean {
  return ms >= yearOne && ms < yearTenThousand;
}

/** A time as RFC 3339 has it, in UTC, such as `2026-01-01T00:00:00.000Z`. */
export function instantText(ms: number): string;
export function instantText(ms: number | null): string | null;
export function instantText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
