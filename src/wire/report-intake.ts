import type { ActorReport } from '../jobs/engine/actor-reports.ts';
import type { ApplyOutcome } from '../jobs/ports/job-store.ts';
import { Overloaded } from '../lib/batcher.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { skimJson, type Skimmed } from '../lib/json-skim.ts';
import { makeStorable } from '../lib/storable.ts';
import { rejectedInstead, sizeFault } from './rejected-report.ts';
import { ReportCommits, type ReportCommitsOptions } from './report-commits.ts';
import { largeReport, type ReportMemory } from './report-memory.ts';
import { storableJson } from './storable-json.ts';

/**
 * What became of a report:
 * - applied: its job is as it says
 * - refused: its job takes it no longer, or is unknown, and it is no outcome that would be lost
 * - unusable: the broker keeps it as a dead letter. If it told of an outcome, its job has failed
 * - returned: it was given up before it was taken, and is to be delivered again
 */
export type Verdict =
  | { readonly kind: 'applied' | 'refused' | 'returned' }
  | { readonly kind: 'unusable'; readonly reason: string };

/** A queue that reports come in by. */
export interface ReportSource {
  readonly queue: string;
  /** Throws what becomes the reason of the dead letter. */
  readonly decode: (body: Json) => ActorReport;
  /** What a message whose body cannot be taken tells of its job all the same; null: nothing. */
  readonly reject: (skimmed: Skimmed, fault: string) => ActorReport | null;
}

export interface ReportIntakeOptions extends ReportCommitsOptions {
  /** Most bytes of a result; beyond it its job fails. */
  readonly maxResultBytes: number;
  /** For reports that were decoded and are not committed yet. */
  readonly memory: ReportMemory;
}

/** A message at work: its body, where it came from, and what ends its waits. */
interface ReportMessage {
  readonly body: Uint8Array;
  readonly source: ReportSource;
  readonly signal: AbortSignal;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Takes in what actors report through queues, whatever broker they belong to: reads a message, has it
 * committed, and decides what becomes of it. The adapter of a broker only fetches messages,
 * acknowledges them, and keeps those that are unusable.
 */
export class ReportIntake {
  readonly #maxResultBytes: number;
  readonly #memory: ReportMemory;
  readonly #commits: ReportCommits;
  readonly #log: ReportIntakeOptions['log'];

  constructor(options: ReportIntakeOptions) {
    this.#maxResultBytes = options.maxResultBytes;
    this.#memory = options.memory;
    this.#log = options.log;
    this.#commits = new ReportCommits(options);
  }

  /**
   * Never rejects. Messages that are given to it in order are committed in order, unless one of them
   * has to wait for room in memory.
   *
   * @param signal ends the waits for the store and for room in memory
   */
  async take(body: Uint8Array, source: ReportSource, signal: AbortSignal): Promise<Verdict> {
    const message = { body, source, signal };
    const fault = sizeFault(body, this.#maxResultBytes);
    try {
      return fault === null ? await this.#takeInTurn(message) : await this.#reject(message, fault);
    } catch (error) {
      return error instanceof Overloaded ? { kind: 'returned' } : unusable(error);
    }
  }

  async #takeInTurn(message: ReportMessage): Promise<Verdict> {
    const { body, signal } = message;
    const release =
      this.#memory.tryTake(body.length) ?? (await this.#memory.take(body.length, signal));
    try {
      return await this.#takeNow(message);
    } finally {
      release();
    }
  }

  async #takeNow(message: ReportMessage): Promise<Verdict> {
    let report: ActorReport;
    try {
      report = message.source.decode(storableJson(utf8.decode(message.body)));
    } catch (error) {
      const reason = reasonOf(error);
      return this.#reject(message, `what its actor reported cannot be read: ${reason}`, reason);
    }
    const isLarge = message.body.length >= largeReport;
    try {
      const outcome = await this.#commits.commit(report, { isLarge, signal: message.signal });
      return verdictOf(report, outcome);
    } catch (error) {
      if (!isOutcome(report)) throw error;
      const fault = `what its actor reported cannot be stored: ${reasonOf(error)}`;
      return this.#fail(rejectedInstead(report, fault), message, fault);
    }
  }

  /**
   * The body is not taken. If it tells of an outcome, its job fails.
   *
   * @param fault why, for the job
   * @param reason why, for the dead letter. Default: the same
   */
  #reject(message: ReportMessage, fault: string, reason = fault): Promise<Verdict> {
    const skimmed = skimJson(message.body);
    const report =
      skimmed &&
      message.source.reject(
        { ...skimmed, members: makeStorable(skimmed.members) as JsonObject },
        fault,
      );
    return this.#fail(report, message, reason);
  }

  async #fail(
    report: ActorReport | null,
    message: ReportMessage,
    reason: string,
  ): Promise<Verdict> {
    if (report === null) return { kind: 'unusable', reason };
    const { jobId } = report;
    const { source, signal } = message;
    const outcome = await this.#commits.commit(report, { isLarge: false, signal });
    if (outcome === null) return { kind: 'returned' };
    if (outcome.kind === 'applied') {
      this.#log.error(
        { jobId, queue: source.queue, reason },
        'a job failed: its result is rejected',
      );
    }
    return { kind: 'unusable', reason };
  }
}

function verdictOf(report: ActorReport, outcome: ApplyOutcome | null): Verdict {
  if (outcome === null) return { kind: 'returned' };
  if (outcome.kind === 'unknown' && isOutcome(report)) {
    return { kind: 'unusable', reason: `unknown job ${report.jobId}` };
  }
  return { kind: outcome.kind === 'applied' ? 'applied' : 'refused' };
}

/** Does the actor tell how its work ended, or what it has to ask? It reports that once. */
function isOutcome({ event: { type } }: ActorReport): boolean {
  return type === 'succeeded' || type === 'failed' || type === 'asked';
}

function unusable(error: unknown): Verdict {
  return { kind: 'unusable', reason: reasonOf(error) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
