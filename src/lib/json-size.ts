import type { Json } from './json.ts';

/** What a value's brackets, comma and a number's digits come to, more or less. */
const perValue = 8;

/** About how many bytes a value takes, as JSON or in memory; cheaper than finding out by writing it. */
export function jsonSize(value: Json): number {
  if (typeof value === 'string') return perValue + value.length;
  if (typeof value !== 'object' || value === null) return perValue;
  let size = 0;
  // Not recursive, so that no depth of nesting overflows the stack.
  const unseen: Json[] = [value];
  for (let next = unseen.pop(); next !== undefined; next = unseen.pop()) {
    size += perValue;
    if (typeof next === 'string') size += next.length;
    else if (Array.isArray(next)) for (const item of next) unseen.push(item);
    else if (next !== null && typeof next === 'object') {
      for (const [key, item] of Object.entries(next)) {
        size += key.length;
        unseen.push(item);
      }
    }
  }
  return size;
}
