/*
 * `make conformance`: lets the official referee (@modelcontextprotocol/conformance) test a gateway,
 * and compares what it finds with what is known to fail. The exit code is 1 if they differ, either way.
 */
import { readExpectations } from './conformance/expectations.ts';
import { runReferee, type ScenarioRun } from './conformance/referee.ts';
import { formatTotals, formatVerdicts } from './conformance/table.ts';
import { judge } from './conformance/verdict.ts';
import { ensureService } from './services.ts';
import { rabbitmq } from './services/rabbitmq.ts';

const revisions = ['2025-11-25', '2026-07-28'];

const expectations = readExpectations(
  new URL('../test/conformance/expected-failures.yaml', import.meta.url),
);
await ensureService(rabbitmq);
const { verdicts, stale } = judge(await refereeAll(), expectations);

console.log(formatVerdicts(verdicts));
if (stale.length > 0) {
  console.log(`\nExpected to fail, but not so:\n${stale.map((what) => `  ${what}`).join('\n')}`);
}
console.log(`\n${formatTotals(verdicts)}`);
if (stale.length > 0 || verdicts.some(({ outcome }) => outcome === 'fails')) process.exitCode = 1;

async function refereeAll(): Promise<ScenarioRun[]> {
  // Reads where the broker is when it is imported, which the service has set only now.
  const { startFixture } = await import('./conformance/fixture.ts');
  await using fixture = await startFixture();
  const runs: ScenarioRun[] = [];
  for (const revision of revisions) runs.push(...(await runReferee(fixture.url, revision)));
  return runs;
}
