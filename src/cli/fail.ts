import { exitCode } from './exit-code.ts';

/**
 * Errors that are shown without a stack, because their message is all that a user needs. They go by name:
 * a command that uses a gateway does not load the classes of the gateway.
 */
const explained = new Set([
  'ConfigError',
  'UsageError',
  'ToolsFileError',
  'AccessFileError',
  'ActorsFileError',
  'DatabaseUnusable',
  'GatewayFault',
]);

/** Says what went wrong, and ends the process. */
export function fail(error: unknown): never {
  const isExplained = error instanceof Error && explained.has(error.name);
  const text = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${isExplained ? error.message : text}\n`);
  process.exit(isExplained ? codeOf(error) : exitCode.error);
}

function codeOf(error: Error): number {
  if (error.name === 'UsageError') return exitCode.usage;
  const isUnauthorized = 'kind' in error && error.kind === 'unauthorized';
  return isUnauthorized ? exitCode.unauthorized : exitCode.error;
}
