import type { Json } from '../lib/json.ts';

/** Where a value stands inside a larger one: object keys and array indices, outermost first. */
export type Path = readonly (string | number)[];

const plainKey = /^[^\s.[\]"]+$/;

/** Such as `size.w`, `tags[0]` or `headers["a b"]`; of the whole value, an empty text. */
export function formatPath(path: Path): string {
  return path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!plainKey.test(part)) return `[${JSON.stringify(part)}]`;
      return i === 0 ? part : `.${part}`;
    })
    .join('');
}

/**
 * Resolves a JSON Pointer (RFC 6901). It takes the value pointed into, because a pointer alone does
 * not tell an index from a key.
 */
export function pathOfPointer(pointer: string, root: Json): Path {
  const path: (string | number)[] = [];
  let value: Json | undefined = root;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) {
      const index = Number(key);
      path.push(index);
      value = value[index];
    } else {
      path.push(key);
      value = typeof value === 'object' ? value?.[key] : undefined;
    }
  }
  return path;
}

/** Undefined: nothing stands there. */
export function valueAt(root: Json, path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = Array.isArray(value) ? value[Number(part)] : value[part];
  }
  return value;
}
