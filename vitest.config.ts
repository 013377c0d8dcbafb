import { defineConfig } from 'vitest/config';
import { patienceMs } from './test/support/patience.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    // Most tests wait for other processes; one worker fewer than cores, the default, leaves the machine idle.
    maxWorkers: 2,
    // Tests wait for signals; these only end what hangs. A poll gives up before its test does, and
    // says what it saw last.
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    teardownTimeout: patienceMs,
    expect: { poll: { timeout: patienceMs / 2 } },
  },
});
