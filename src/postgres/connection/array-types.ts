/*
 * How arrays travel (PostgreSQL manual, 8.15.2). The driver can learn every type from the catalogue,
 * by a query of its own after each connection; where the connection breaks meanwhile, that query's
 * error is nobody's and ends the process.
 */

const textArray = 1009;
const bigintArray = 1016;

/** The element types in use, each flat and without NULLs. */
export const arrayTypes = {
  textArray: {
    to: textArray,
    from: [textArray],
    serialize: once((items) => (items as readonly string[]).map(quoted).join(',')),
    parse: parseTextArray,
  },
  bigintArray: {
    to: bigintArray,
    from: [bigintArray],
    serialize: once((items) => (items as readonly number[]).join(',')),
    parse: (literal: string) => parseTextArray(literal).map(Number),
  },
};

/**
 * Where the server has forgotten a statement, the driver (3.4.9) sends it again and serialises its
 * parameters once more: they are literals by then.
 */
function once(serialize: (items: unknown) => string): (items: unknown) => string {
  return (items) => (typeof items === 'string' ? items : `{${serialize(items)}}`);
}

function quoted(item: string): string {
  return `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** An item is in quotation marks, with backslashes as escapes, where it has to be. */
export function parseTextArray(literal: string): string[] {
  const items = literal.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs);
  return Array.from(items, ([item, inside]) =>
    inside === undefined ? item : inside.replaceAll(/\\(.)/gs, '$1'),
  );
}
