import type { ApiUpdate } from '../../client/api.ts';

interface StepTime {
  readonly step: string;
  /** From what came before to the actor's receipt, in milliseconds. */
  readonly queuedMs: number;
  /** From the receipt to the completion, in milliseconds. */
  readonly workMs: number;
}

/** How long each completed step waited and worked, from a job's history. */
export class StepTimes {
  readonly times: StepTime[] = [];
  #before: number | null = null;
  #received: { readonly step: string; readonly at: number } | null = null;

  add({ step, step_status: status, timestamp }: ApiUpdate): void {
    const at = Date.parse(timestamp);
    this.#before ??= at;
    if (step === undefined) return;
    if (status === 'received') this.#received = { step, at };
    if (status !== 'completed') return;
    const received = this.#received?.step === step ? this.#received.at : this.#before;
    this.times.push({ step, queuedMs: received - this.#before, workMs: at - received });
    this.#before = at;
  }

  /** Such as `✓ lay-out 1.2 s (queued 3 ms)`, for each step. */
  describe(): string {
    return this.times
      .map(({ step, queuedMs, workMs }) => {
        return `✓ ${step} ${durationText(workMs)} (queued ${durationText(queuedMs)})`;
      })
      .join('  ');
  }
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
