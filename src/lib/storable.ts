import type { Json } from './json.ts';

/*
 * PostgreSQL's text and jsonb hold no U+0000 and no lone surrogates
 * (https://www.postgresql.org/docs/current/datatype-json.html), both of which JSON can escape.
 */

const suspicious = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/**
 * A quick look at JSON text before it was parsed. It may suspect harmless text (an escaped
 * surrogate pair, an escaped backslash before `u0000`) but never misses any that cannot be stored.
 */
export function hasUnstorable(text: string): boolean {
  return suspicious.test(text) || !text.isWellFormed();
}

/** U+0000 and lone surrogates become U+FFFD, the replacement character. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

type Container = Json[] | { [key: string]: Json };

/** A copy whose strings and keys can be stored; of keys that become equal the last one wins. */
export function makeStorable(value: Json): Json {
  // Not recursive, so that no depth of nesting overflows the stack.
  const unfilled: { readonly source: Container; readonly copy: Container }[] = [];

  function begin(source: Json): Json {
    if (typeof source === 'string') return storableText(source);
    if (typeof source !== 'object' || source === null) return source;
    const copy: Container = Array.isArray(source) ? [] : {};
    unfilled.push({ source, copy });
    return copy;
  }

  const root = begin(value);
  for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) {
    for (const [key, item] of Object.entries(next.source)) {
      // Assigning to the key "__proto__" would change the prototype instead.
      Object.defineProperty(next.copy, storableText(key), {
        value: begin(item),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  }
  return root;
}
