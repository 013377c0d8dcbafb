/*
 * Loaded into a measured gateway (`--expose-gc --import`): at SIGUSR2 it collects garbage and writes
 * what is left, in bytes, to the file that BENCH_HEAP_FILE names.
 */
import { renameSync, writeFileSync } from 'node:fs';

const file = process.env['BENCH_HEAP_FILE'] ?? '';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  // Whoever waits for the file finds it whole.
  writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed));
  renameSync(`${file}.new`, file);
});
