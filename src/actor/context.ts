import type { EpochMs } from '../jobs/job.ts';
import type { Log } from '../lib/log.ts';
import type { Ask } from './ask.ts';

/** What a handler gets beside its payload. */
export interface ActorContext {
  /** Deliveries are at least once: what a handler does outside must bear being done twice for one id. */
  readonly jobId: string;
  readonly step: string;
  /** As sent with the job, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the job fails by itself; null: never. */
  readonly deadline: EpochMs | null;
  /** The message was delivered before, and perhaps worked on. */
  readonly redelivered: boolean;
  /**
   * Aborts when the job's deadline passes, when it is cancelled or otherwise over, and when the actor
   * has to stop. A handler that then throws has not failed its job: after a stop the message is
   * delivered again, to this actor or another. Its `reason` is a TimeoutError or an AbortError.
   */
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
  readonly ask: Ask;
  /** Says of every line which job and step it is about. */
  readonly log: Log;
}

/**
 * Tells whoever watches the job what is being done, and how much of this step (0 to 100 percent).
 * The job's own percentage never decreases. Never rejects: losing a report harms no work.
 */
export interface ReportProgress {
  (message: string): Promise<void>;
  (percent: number, message?: string): Promise<void>;
}
