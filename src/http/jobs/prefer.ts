/** The response has to come some time. No proxy keeps a connection open for longer. */
const maxWaitSeconds = 3_600;

/**
 * How many seconds a caller prefers to wait for a result (RFC 7240, section 4.3), at most an hour.
 * Null: it does not say so in a form that can be read, which the RFC has servers ignore.
 */
export function preferredWait(prefer: string | string[] | undefined): number | null {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  for (const preference of preferences) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), maxWaitSeconds);
  }
  return null;
}
