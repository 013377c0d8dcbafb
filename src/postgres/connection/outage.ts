import { StoreContended, StoreUnavailable } from '../../jobs/ports/job-store.ts';

/**
 * Errors that say nothing about the statement: the server is away, starting, stopping, out of
 * connections, read-only after a failover, or broke a deadlock. (PostgreSQL manual, appendix A.)
 */
const transientStates = /^(08...|53...|57P0.|57014|55P03|25006|25P0[34]|40001|40P01)$/;

/** What the driver and the network say when there is no server to ask. */
const transientCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'CONNECTIONS_BUSY',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** A lock was waited for too long, or two transactions for each other. */
const contendedStates = new Set(['55P03', '40P01']);

/** What a caller is told: an outage as such, whatever the driver calls it, else the error itself. */
export function explained(error: unknown): unknown {
  if (!isTransient(error)) return error;
  return contendedStates.has(codeOf(error) ?? '')
    ? new StoreContended(`a job is held by others: ${error.message}`, { cause: error })
    : unavailable(error);
}

export function unavailable(cause: Error): StoreUnavailable {
  return new StoreUnavailable(`PostgreSQL is not available: ${cause.message || cause.name}`, {
    cause,
  });
}

/** May the same succeed a moment later, or at another server? */
export function isTransient(error: unknown): error is Error {
  const code = codeOf(error);
  return code !== null && (transientCodes.has(code) || transientStates.test(code));
}

/** Of the driver, of the system, or the SQLSTATE. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
