import { StoreUnavailable } from '../jobs/job-store.ts';

/**
 * Errors that say nothing about the statement: the server is away, starting, stopping, out of
 * connections, read-only after a failover, or broke a deadlock. (PostgreSQL manual, appendix A.)
 */
const transientStates = /^(08...|53...|57P0.|57014|55P03|25006|40001|40P01)$/;

/** What the driver and the network say when there is no server to ask. */
const transientCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** The ends of a connection that was there: the server's, the network's, an operator's. */
const lossCodes = new Set([
  'CONNECTION_CLOSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
]);

/** Did the call fail because its connection was lost? */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lossCodes.has(String(error.code));
}

/** What a caller is told: an outage as such, whatever the driver calls it, else the error itself. */
export function explained(error: unknown): unknown {
  return isTransient(error) ? unavailable(error) : error;
}

export function unavailable(cause: Error): StoreUnavailable {
  return new StoreUnavailable(`PostgreSQL is not available: ${cause.message || cause.name}`, {
    cause,
  });
}

function isTransient(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const { code } = error;
  return typeof code === 'string' && (transientCodes.has(code) || transientStates.test(code));
}
