/** The command line cannot be understood. The message says why, and how to get help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** @param command whose help explains it; default: that of all commands */
  constructor(fault: string, command = '') {
    super(`${fault}\nTry: asya-gateway ${command === '' ? '' : `${command} `}--help`);
  }
}
