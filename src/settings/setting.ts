/** How one variable of the environment becomes a value. */
export interface EnvironmentSetting<T> {
  readonly variable: string;
  /** What holds while the variable is unset or empty. */
  readonly fallback: T;
  /**
   * @param env all variables: some settings are completed by those of other programs
   * @throws Error saying what the text must be
   */
  readonly parse: (text: string, env: Environment) => T;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The text of a variable; null if it is unset or empty. White space around it does not count: a
 * Secret that was made from a file ends with a line break.
 */
export function textOf(env: Environment, variable: string): string | null {
  return env[variable]?.trim() || null;
}
