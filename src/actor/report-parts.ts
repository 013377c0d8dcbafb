import { inspect } from 'node:util';
import type { Envelope } from '../jobs/envelope.ts';
import { attemptOf } from '../wire/attempt.ts';
import type { ReportAddress } from '../wire/report.ts';

/** Which job and attempt a report is about. A child's first report is what the gateway knows it from. */
export function addressOf(envelope: Envelope): ReportAddress & { attempt?: number } {
  const { jobId, parentId, steps, metadata } = envelope;
  return {
    job_id: jobId,
    ...attemptOf({ metadata }),
    ...(parentId !== null && { parent_id: parentId, steps: [...steps] }),
  };
}

/** The longest text the gateway takes; messages have a largest size, too. */
const maxTextLength = 65_536;

/**
 * As much of a text as a report can hold, without half a surrogate pair. What is no text is shown as
 * `console.log` shows it, because handlers in JavaScript pass anything.
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
