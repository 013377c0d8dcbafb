/** Longer than any proxy holds a connection open; an answer must come some time. */
const maxWaitSeconds = 3_600;

/**
 * How many seconds a caller prefers to wait for a result (RFC 7240, section 4.3), at most an hour.
 * Null: it did not say, or not so that it can be understood, which the RFC treats alike.
 */
export function preferredWait(prefer: string | string[] | undefined): number | null {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  for (const preference of preferences) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), maxWaitSeconds);
  }
  return null;
}
