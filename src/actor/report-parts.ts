import { inspect } from 'node:util';
import type { Envelope } from '../jobs/envelope.ts';
import { attemptOf } from '../wire/attempt.ts';
import type { ReportAddress } from '../wire/report.ts';

/** The job and attempt of a report. The gateway may know a child only from its reports. */
export function addressOf(envelope: Envelope): ReportAddress & { attempt?: number } {
  const { jobId, parentId, steps, metadata } = envelope;
  return {
    job_id: jobId,
    ...attemptOf({ metadata }),
    ...(parentId !== null && { parent_id: parentId, steps: [...steps] }),
  };
}

/** The longest text that the gateway takes. */
const maxTextLength = 65_536;

/**
 * As much of a text as a report can hold, without half a surrogate pair. Other values become the text that
 * `console.log` shows, because a handler in JavaScript can pass anything.
 */
export function reportText(value: unknown): string {
  const text = typeof value === 'string' ? value : shown(value);
  return text.slice(0, maxTextLength).toWellFormed();
}

function shown(value: unknown): string {
  try {
    return inspect(value);
  } catch {
    return 'something that cannot be shown';
  }
}
