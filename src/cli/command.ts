import type { GatewayClient } from '../client/gateway-client.ts';

/** What may stand for a value: completion offers it. */
export type Completable = 'file' | 'tool' | 'job' | readonly string[];

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** The placeholder of its value in the help, such as `PATH`. */
  readonly value?: string;
  readonly help: string;
  readonly complete?: Completable;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'boolean'
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : string;

export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]?: ValueOf<O[K]> };

export interface Given<O extends OptionSpecs> {
  readonly options: OptionValues<O>;
  /** As many as the command takes. */
  readonly args: readonly string[];
}

/** A command of the command line: the parser, the help and the completion read all of it. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  /** Its arguments in the help, such as `TOOL [NAME=VALUE…]`. Empty: it takes none. */
  readonly usage: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** What it does, in lines of at most 80 characters. */
  readonly description: string;
  readonly options: O;
  /** Command lines without the program's name, and what each does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** What its arguments name. */
  readonly complete?: Completable;
  /** What the argument after these may be. Default: by `complete`. */
  readonly completeAfter?: (
    args: readonly string[],
    client: GatewayClient,
  ) => Promise<readonly string[]>;
  /**
   * Resolves with the exit code. Undefined: the process goes on until a signal ends it.
   *
   * @throws UsageError, GatewayFault
   */
  readonly run: (given: Given<O>) => Promise<number | undefined>;
}

/** Keeps the types of a command's options for its `run`; whoever reads the table needs them no more. */
export function defineCommand<const O extends OptionSpecs>(command: Command<O>): Command {
  return command as unknown as Command;
}
