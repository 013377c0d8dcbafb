import type { IncomingHttpHeaders } from 'node:http';

/** A header that can only say one thing was sent with several values. */
export class AmbiguousHeader extends Error {
  override readonly name = 'AmbiguousHeader';
  readonly header: string;

  constructor(header: string) {
    super(`the ${header} header was sent with different values`);
    this.header = header;
  }
}

/**
 * The headers that say one thing and whose values hold no comma. One line of several equal values is
 * taken for repeats that a proxy joined, as it may (RFC 9110, section 5.3).
 */
const commaless: ReadonlyMap<string, string> = byLowerCase([
  'Content-Type',
  'Host',
  'Last-Event-ID',
  'Mcp-Method',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Origin',
  'traceparent',
]);

/** The same for headers whose values may hold commas; in one line, they are taken as they are. */
const literal: ReadonlyMap<string, string> = byLowerCase(['Idempotency-Key', 'Mcp-Name']);

/** Of headers with this prefix, which repeat arguments, the same holds. */
const paramPrefix = 'mcp-param-';

/**
 * Makes each header that was sent several times with the same value a header that was sent once. Some
 * clients and proxies repeat headers; Node joins the repeats of some and drops those of others.
 *
 * Headers that are lists, such as `Accept`, stay as they are. So do those that the gateway does not
 * read.
 *
 * @param headers as Node made them from `rawHeaders`; changed in place
 * @throws AmbiguousHeader if such a header was sent with different values
 */
export function settleRepeats(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
  // Nearly no request repeats a header, and to count them is cheap.
  if (rawHeaders.length !== 2 * Object.keys(headers).length) settleLines(headers, rawHeaders);
  for (const [name, title] of commaless) {
    const value = headers[name];
    // In quotes a comma is part of the value, as it may be in a parameter of Content-Type.
    if (typeof value === 'string' && value.includes(',') && !value.includes('"')) {
      headers[name] = valueOfJoined(value) ?? refuse(title);
    }
  }
}

/** The value that a proxy joined with itself, separated by commas; null: there are several. */
export function valueOfJoined(joined: string): string | null {
  const [first = '', ...others] = joined.split(',').map((part) => part.trim());
  return others.every((other) => other === first) ? first : null;
}

function settleLines(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
  const seen = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [given = '', value = ''] = rawHeaders.slice(i, i + 2);
    const name = given.toLowerCase();
    const title = commaless.get(name) ?? literal.get(name);
    if (title === undefined && !name.startsWith(paramPrefix)) continue;
    const before = seen.get(name);
    if (before !== undefined && before !== value) refuse(title ?? given);
    seen.set(name, value);
    headers[name] = value;
  }
}

function refuse(header: string): never {
  throw new AmbiguousHeader(header);
}

function byLowerCase(titles: readonly string[]): ReadonlyMap<string, string> {
  return new Map(titles.map((title) => [title.toLowerCase(), title]));
}
