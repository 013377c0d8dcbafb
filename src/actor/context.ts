import type { EpochMs } from '../jobs/job.ts';
import type { Log } from '../lib/log.ts';
import type { Ask } from './ask.ts';

/** The second argument of a handler. */
export interface ActorContext {
  /** A message can be delivered twice, so a handler has to be able to do its work twice for one id. */
  readonly jobId: string;
  readonly step: string;
  /** The headers of the job's message, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the gateway fails the job, in milliseconds since 1970. Null: never. */
  readonly deadline: EpochMs | null;
  /** The message was delivered before, and may have been worked on. */
  readonly redelivered: boolean;
  /**
   * Aborts when the job's deadline passes, when the job is over, for example because it was cancelled,
   * and when the actor has to stop. A handler that throws after that does not fail its job. If the actor
   * stops, the message is delivered again, to this actor or another. The signal's `reason` is a
   * TimeoutError or an AbortError.
   */
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
  readonly ask: Ask;
  /** Adds the job and the step to every line. */
  readonly log: Log;
}

/**
 * Tells those who watch the job what is being done, and how much of this step is done, from 0 to 100
 * percent. The percentage of the job never decreases. Never rejects, because a lost report must not end
 * the work.
 */
export interface ReportProgress {
  (message: string): Promise<void>;
  (percent: number, message?: string): Promise<void>;
}
