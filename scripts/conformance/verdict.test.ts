import { describe, expect, test } from 'vitest';
import type { Expectation } from './expectations.ts';
import type { Check, ScenarioRun } from './referee.ts';
import { judge } from './verdict.ts';

const revision = '2026-07-28';

function run(scenario: string, ...checks: Check[]): ScenarioRun {
  return { scenario, revision, checks };
}

function check(id: string, status: Check['status']): Check {
  return { id, status };
}

function expectation(overrides: Partial<Expectation> = {}): Expectation {
  return { reason: 'because', requirements: [revision], scenarios: ['a'], ...overrides };
}

describe('judge', () => {
  test('passes what has no failure, and tells what has no check', () => {
    const runs = [
      run('a', check('one', 'SUCCESS'), check('two', 'INFO')),
      run('b', check('three', 'SKIPPED')),
    ];
    const { verdicts, stale } = judge(runs, []);
    expect(verdicts).toMatchObject([
      { scenario: 'a', outcome: 'passes', passed: 1, failed: 0 },
      { scenario: 'b', outcome: 'empty' },
    ]);
    expect(stale).toEqual([]);
  });

  test.each(['FAILURE', 'WARNING'] as const)('fails a %s that nobody expected', (status) => {
    const wrong = check('one', status);
    const { verdicts } = judge([run('a', wrong, check('two', 'SUCCESS'))], []);
    expect(verdicts).toMatchObject([{ outcome: 'fails', unexpected: [wrong] }]);
  });

  test('excuses a scenario, and no other, in its revision alone', () => {
    const runs = [
      run('a', check('one', 'FAILURE')),
      run('b', check('one', 'FAILURE')),
      { ...run('a', check('one', 'FAILURE')), revision: '2025-11-25' },
    ];
    const { verdicts, stale } = judge(runs, [expectation()]);
    expect(verdicts).toMatchObject([
      { outcome: 'excused', reasons: ['because'] },
      { outcome: 'fails', reasons: [] },
      { outcome: 'fails', reasons: [] },
    ]);
    expect(stale).toEqual([]);
  });

  test('excuses the checks it names, and no other', () => {
    const runs = [run('a', check('one', 'FAILURE'), check('two', 'FAILURE'))];
    const { verdicts } = judge(runs, [expectation({ checks: ['one'] })]);
    expect(verdicts).toMatchObject([{ outcome: 'fails', unexpected: [{ id: 'two' }] }]);
  });

  test('finds what was expected to fail and does not', () => {
    const runs = [run('a', check('one', 'SUCCESS')), run('b', check('one', 'FAILURE'))];
    expect(judge(runs, [expectation({ scenarios: ['a', 'c'] })]).stale).toEqual([
      `a passes for ${revision}`,
      `c was not run for ${revision}`,
    ]);
    const named = expectation({ scenarios: ['b'], checks: ['one', 'two'] });
    expect(judge(runs, [named]).stale).toEqual([`b: two passes for ${revision}`]);
  });
});
