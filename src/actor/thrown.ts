import { types } from 'node:util';
import type { Log } from '../lib/log.ts';
import { reportText } from './report-parts.ts';

/** What a handler threw, as a report tells of it. */
export type Thrown = {
  readonly message: string;
  /** The error's name, or the type of what is no error. */
  readonly type: string;
  /** For the actor's author; empty: there is none. */
  readonly traceback: string;
};

/**
 * Never throws, whatever a handler threw: a job whose failure could not be told would have its message
 * delivered again, and its work done again, for ever.
 */
export function describeThrown(thrown: unknown): Thrown {
  try {
    if (isError(thrown)) return describeError(thrown);
  } catch {
    // A proxy, or an error whose fields refuse to be read.
  }
  return { message: reportText(thrown), type: typeof thrown, traceback: '' };
}

/** Logs what a handler threw, with all that a logger finds in it if it can be read. */
export function logThrown(log: Log, level: 'info' | 'warn', thrown: unknown, text: string): void {
  try {
    log[level]({ err: thrown }, text);
  } catch {
    log[level]({ err: describeThrown(thrown) }, text);
  }
}

/** `instanceof` for what a handler threw: a proxy may throw when it is asked. */
export function isA<T extends Error>(
  thrown: unknown,
  kind: abstract new (...args: never[]) => T,
): thrown is T {
  return !types.isProxy(thrown) && thrown instanceof kind;
}

/** Also one of another realm, such as `node:vm` makes. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

/** The fields of an error may have been set to anything. */
function describeError(error: Error): Thrown {
  const { message, name, stack }: { message: unknown; name: unknown; stack?: unknown } = error;
  const type = typeof name === 'string' && name !== '' ? name : 'Error';
  return {
    message: reportText(message) || textsWithin(error) || type,
    type,
    traceback: typeof stack === 'string' ? reportText(stack) : '',
  };
}

/** Of the errors in an AggregateError, which seldom has a text of its own. */
function textsWithin(error: Error): string {
  if (!(error instanceof AggregateError)) return '';
  return reportText(error.errors.map((inner) => describeThrown(inner).message).join('; '));
}
