import type { Log } from '../../src/lib/log.ts';

/** A log that keeps its lines, for tests that ask what was said. */
export function memoryLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const write = (...args: readonly unknown[]): void => {
    lines.push(args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '));
  };
  return { log: { error: write, warn: write, info: write, debug: write }, lines };
}
