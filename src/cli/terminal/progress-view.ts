import { isOver, type ApiUpdate } from '../../client/api.ts';
import { callEvery, type StopTimer } from '../../lib/timer.ts';
import { ProgressBar } from './progress-bar.ts';
import { durationText, StepTimes } from './step-times.ts';
import { oneLine, say, styled } from './terminal.ts';

/** How often the time that passed is drawn anew. */
const redrawMs = 200;

/** Shows on standard error how a job gets on. */
export class ProgressView {
  readonly #bar = new ProgressBar(process.stderr);
  readonly #times = new StepTimes();
  #began: number | null = null;
  #share = 0;
  #what = '';
  #stop: StopTimer = () => {};

  update(update: ApiUpdate): void {
    this.#times.add(update);
    // The clock of the gateway may differ, so only its own times are compared with each other.
    this.#began ??= performance.now();
    const { status, progress_percent: percent } = update;
    if (percent !== undefined) this.#share = percent / 100;
    const text = describe(update);
    this.#what = oneLine(text === '' ? status : text);
    if (isOver(status)) return this.clear();
    this.#draw();
    this.#stop();
    if (process.stderr.isTTY) this.#stop = callEvery(redrawMs, () => this.#draw());
  }

  clear(): void {
    this.#stop();
    this.#bar.clear();
  }

  /** After the end: what the steps took. */
  summarise(): void {
    if (!process.stderr.isTTY || this.#times.times.length === 0) return;
    say(`  ${styled('green', oneLine(this.#times.describe()), process.stderr)}`);
  }

  #draw(): void {
    const passed = durationText(performance.now() - (this.#began ?? 0));
    const isLive = process.stderr.isTTY;
    this.#bar.show(this.#share, isLive ? `${passed} · ${this.#what}` : this.#what);
  }
}

function describe({ step, step_status: status, message }: ApiUpdate): string {
  // The gateway's own messages only repeat the step and its status.
  const said = step !== undefined && message === `Step ${step}: ${status}` ? undefined : message;
  return [step, status, said].filter((part) => part !== undefined).join(' · ');
}
