/** Either the pattern to use, or what is wrong with the one given. */
export type ReadPattern =
  { readonly pattern: string; readonly problem?: never } | { readonly problem: string };

/**
 * A pattern as `RegExp` takes it with the flag `u`, by which JSON Schema's patterns are read (2020-12
 * core, section 6.4). What only the lenient syntax allows and cannot be misread is written strictly
 * (ECMA-262, annex B.1.2): `\-` and `\_` become `-` and `_`, and `[\w-.]` becomes `[\w\-.]`. Clients
 * compile a published pattern with that flag as well, and drop all tools over one that is wrong.
 */
export function readPattern(pattern: string): ReadPattern {
  if (problemOf(pattern) === null) return { pattern };
  const lenient = new LenientPattern(pattern);
  const text = lenient.strictly();
  const strict = foreign.test(pattern) || lenient.isForeign ? pattern : text;
  const problem = problemOf(strict);
  if (problem === null) return { pattern: strict };
  return { problem: `must be a regular expression of JavaScript with the flag u: ${problem}` };
}

/** `[[:alpha:]]` and `{,3}`, to which other languages give a meaning and JavaScript another. */
const foreign = /\[:\^?\w+:\]|\{,\d+\}/;

function problemOf(pattern: string): string | null {
  try {
    void new RegExp(pattern, 'u');
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Before that, it repeats the pattern.
    return message.slice(message.lastIndexOf('/u: ') + 1).replace(/^u: /, '');
  }
}

/** What is a class by itself, so that no range can begin or end with it. */
const classEscape = /\\(?:[dDsSwW]|[pP]\{[^}]*\})/y;
/** Escapes that mean more than the character after the backslash. */
const meaningful = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|k<[^>]*>|c[A-Za-z]|[^])/y;
/** What the flag u allows to escape, or what is then wrong, because it means something elsewhere. */
const escapable = /^[A-Za-z0-9^$\\.*+?()[\]{}|/]/;
const quantifier = /\{\d+(?:,\d*)?\}/y;

/** Walks through a lenient pattern once and writes it strictly. */
class LenientPattern {
  /**
   * Whether a class means something else in other languages, which take the first bracket of `[]a]` and
   * `[^]]` for its member, and `&&[` for an intersection.
   */
  isForeign = false;
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  strictly(): string {
    let text = '';
    while (this.#at < this.#pattern.length) text += this.#outsideClasses();
    return text;
  }

  #outsideClasses(): string {
    switch (this.#pattern[this.#at]) {
      case '\\':
        return this.#escape('');
      case '[':
        return this.#characterClass();
      case '{':
        return this.#take(quantifier) ?? `\\${this.#next()}`;
      case ']':
      case '}':
        return `\\${this.#next()}`;
      default:
        return this.#next();
    }
  }

  #characterClass(): string {
    let text = this.#next();
    if (this.#pattern[this.#at] === '^') text += this.#next();
    const beginsWithBracket = this.#pattern[this.#at] === ']';
    if (beginsWithBracket && this.#pattern.includes(']', this.#at + 1)) this.isForeign = true;
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ']') {
      const first = this.#classAtom();
      const isRange = this.#pattern[this.#at] === '-' && ![undefined, ']'].includes(this.#after());
      text += first.text;
      if (!isRange) continue;
      this.#next();
      const last = this.#classAtom();
      text += `${first.isClass || last.isClass ? '\\-' : '-'}${last.text}`;
    }
    return text + this.#next();
  }

  #classAtom(): { readonly text: string; readonly isClass: boolean } {
    if (this.#pattern.startsWith('&&[', this.#at)) this.isForeign = true;
    const known = this.#take(classEscape);
    if (known !== undefined) return { text: known, isClass: true };
    const char = this.#pattern[this.#at];
    if (char === '\\') return { text: this.#escape('-'), isClass: false };
    const text = this.#next();
    return { text: char === '-' ? '\\-' : text, isClass: false };
  }

  /** @param also what the flag u allows to escape here, beside the characters of the syntax */
  #escape(also: string): string {
    const escape = this.#take(meaningful);
    if (escape === undefined) return this.#next();
    const char = escape.slice(1);
    return escapable.test(char) || char === also ? escape : char;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const text = token.exec(this.#pattern)?.[0];
    this.#at += text?.length ?? 0;
    return text;
  }

  #after(): string | undefined {
    return this.#pattern[this.#at + 1];
  }

  #next(): string {
    return this.#pattern[this.#at++] ?? '';
  }
}
