import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { WatchedFiles } from '../yaml/watched-files.ts';
import { loadAccessFile } from './access-file.ts';
import { Access } from './access.ts';
import { KeySet } from './key-set.ts';
import type { IssuerEntry } from './tokens.ts';

interface AccessSourceOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** As for `WatchedFiles`. */
  readonly pollMs?: number;
}

/**
 * Who may call, loaded anew when the access file changes. A file that cannot be used, or is gone,
 * leaves the rules as they were: nothing is ever opened by a fault.
 */
export class AccessSource extends WatchedFiles<Access> {
  readonly #keySets: KeySets;

  /** @throws AccessFileError if the file cannot be used */
  constructor({ path, clock, log, pollMs }: AccessSourceOptions) {
    const keySets = new KeySets(clock, log);
    const load = (): Access =>
      new Access({ rules: loadAccessFile(path), keysOf: (entry) => keySets.of(entry), clock });
    super({ path, load, noun: 'access rules', log, pollMs });
    this.#keySets = keySets;
    this.onChange(() => {
      const { keys, issuers } = this.current().rules;
      log.info(
        {
          audit: true,
          keys: keys.map(({ name }) => name),
          issuers: issuers.map(({ name }) => name),
        },
        'access rules loaded anew',
      );
    });
  }

  /** How old each issuer's keys are, in milliseconds, by its name. Null: they were never fetched. */
  keyAges(): ReadonlyMap<string, number | null> {
    const { issuers } = this.current().rules;
    return new Map(issuers.map((entry) => [entry.name, this.#keySets.of(entry).ageMs]));
  }
}

/**
 * The signing keys of issuers. They are kept when the access file changes, because the issuer may be
 * away just then.
 */
class KeySets {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sets = new Map<string, KeySet>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  of({ issuer, jwksUri }: IssuerEntry): KeySet {
    const name = JSON.stringify([issuer, jwksUri]);
    let set = this.#sets.get(name);
    if (set === undefined) {
      set = new KeySet({ issuer, jwksUri, clock: this.#clock, log: this.#log });
      this.#sets.set(name, set);
    }
    return set;
  }
}
