import type { Expectation } from './expectations.ts';
import type { Check, ScenarioRun } from './referee.ts';

/** What a run of a scenario means, once compared with what was expected of it. */
export interface Verdict {
  readonly scenario: string;
  readonly revision: string;
  /** How many checks passed, and how many did not. */
  readonly passed: number;
  readonly failed: number;
  readonly outcome: Outcome;
  /** Failures nobody expected. */
  readonly unexpected: readonly Check[];
  /** Why the other failures were expected. */
  readonly reasons: readonly string[];
}

export type Outcome =
  | 'passes'
  | 'fails'
  /** All that fails was expected to. */
  | 'excused'
  /** The referee had nothing to check. */
  | 'empty';

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  /** What was expected to fail and does not, as sentences. */
  readonly stale: readonly string[];
}

/** Compares runs with the expectations: neither may hold a failure that the other does not. */
export function judge(
  runs: readonly ScenarioRun[],
  expectations: readonly Expectation[],
): Judgement {
  return {
    verdicts: runs.map((run) => judgeRun(run, expectations)),
    stale: expectations.flatMap((expectation) => staleParts(expectation, runs)),
  };
}

function judgeRun(run: ScenarioRun, expectations: readonly Expectation[]): Verdict {
  const { scenario, revision, checks } = run;
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  const failures = checks.filter(isFailure);
  const relevant = expectations.filter((expectation) => concerns(expectation, run));
  const unexpected = failures.filter((check) => !relevant.some((entry) => covers(entry, check)));
  const excuses = relevant.filter((entry) => failures.some((check) => covers(entry, check)));
  return {
    scenario,
    revision,
    passed,
    failed: failures.length,
    outcome: outcomeOf(passed, failures.length, unexpected.length),
    unexpected,
    reasons: excuses.map(({ reason }) => reason),
  };
}

function outcomeOf(passed: number, failed: number, unexpected: number): Outcome {
  if (unexpected > 0) return 'fails';
  if (failed > 0) return 'excused';
  return passed > 0 ? 'passes' : 'empty';
}

function staleParts(expectation: Expectation, runs: readonly ScenarioRun[]): string[] {
  const { requirements, scenarios } = expectation;
  return requirements.flatMap((revision) =>
    scenarios.flatMap((scenario) => {
      const run = runs.find((run) => run.scenario === scenario && run.revision === revision);
      if (run === undefined) return [`${scenario} was not run for ${revision}`];
      return passing(run, expectation).map((what) => `${what} passes for ${revision}`);
    }),
  );
}

/** The checks that an expectation names and that do not fail, or the scenario if it names none. */
function passing({ scenario, checks }: ScenarioRun, expectation: Expectation): string[] {
  const failing = new Set(checks.filter(isFailure).map(({ id }) => id));
  if (expectation.checks === undefined) return failing.size === 0 ? [scenario] : [];
  return expectation.checks.filter((id) => !failing.has(id)).map((id) => `${scenario}: ${id}`);
}

function concerns({ requirements, scenarios }: Expectation, run: ScenarioRun): boolean {
  return requirements.includes(run.revision) && scenarios.includes(run.scenario);
}

function covers({ checks }: Expectation, { id }: Check): boolean {
  return checks?.includes(id) ?? true;
}

/** A warning is a SHOULD that does not hold, and no less in need of a reason. */
function isFailure({ status }: Check): boolean {
  return status === 'FAILURE' || status === 'WARNING';
}
