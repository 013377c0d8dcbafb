import type { ApiStatus } from '../client/api.ts';

/** What the exit codes of the command line mean; docs/cli.md lists them for scripts. */
export const exitCode = {
  succeeded: 0,
  error: 1,
  usage: 2,
  failed: 3,
  unauthorized: 4,
  cancelled: 5,
  asking: 6,
  detached: 130,
} as const;

export function exitCodeOf(status: ApiStatus): number {
  switch (status) {
    case 'Succeeded':
      return exitCode.succeeded;
    case 'Failed':
      return exitCode.failed;
    case 'Cancelled':
      return exitCode.cancelled;
    case 'InputRequired':
      return exitCode.asking;
    case 'Pending':
    case 'Running':
      return exitCode.detached;
  }
}
