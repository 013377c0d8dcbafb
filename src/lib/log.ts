import type { Logger } from 'pino';

/** Structured logging; pino's shape: `log.warn({ jobId }, 'text')`. */
export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>;
