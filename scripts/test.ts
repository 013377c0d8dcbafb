import { startVitest, type Vitest } from 'vitest/node';
import { ensureServices } from './services.ts';

/** Usage: `npm test -- [filter …]`: runs the test files whose path contains one of the filters. */
const filters = process.argv.slice(2);

await ensureServices().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const vitest = await startVitest(filters, { run: true });
await vitest.close();
const { passed, failed, skipped } = count(vitest);
if (failed > 0 || passed === 0) process.exitCode = 1;
// The last line, because others read the outcome from it.
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);

/** What broke outside of a test counts as a failed one: a file, a suite's hook, a stray rejection. */
function count({ state }: Vitest) {
  const counts = { passed: 0, failed: state.getUnhandledErrors().length, skipped: 0 };
  for (const module of state.getTestModules()) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const outcome = test.result().state;
      counts[outcome === 'pending' ? 'skipped' : outcome]++;
    }
  }
  return counts;
}
