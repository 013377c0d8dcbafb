import { isIPv6 } from 'node:net';

/** Where a request goes to, as its `Host` header names it (RFC 9110, section 7.2). */
export interface Host {
  /** In lower case, an IPv6 address in brackets, other scripts in ASCII; without a final dot. */
  readonly name: string;
  /** Null: not said, so it is that of the scheme. */
  readonly port: string | null;
}

/** Null: the text is no host, or not one with an optional port alone. */
export function parseHost(text: string): Host | null {
  const bare = isIPv6(text) ? `[${text}]` : text;
  const [, name = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/.exec(bare) ?? [];
  if (Number(port) > 65_535) return null;
  const written = hostName(name);
  return written === null ? null : { name: written, port: port === '' ? null : port };
}

/** As browsers write it (WHATWG URL, "host parsing"), so that two spellings of one host are equal. */
function hostName(name: string): string | null {
  // What URL would take for other parts of a URL, or decode.
  if (/[/\\?#@%\s]/.test(name)) return null;
  const hostname = URL.parse(`http://${name}`)?.hostname ?? '';
  const written = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return /^(\[[\da-f:.]+\]|[\w.-]+)$/.test(written) ? written : null;
}

/** Do only programs of this machine reach this address? Takes names as `parseHost` writes them. */
export function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    /^127(\.\d+){3}$/.test(name) ||
    name === '[::1]' ||
    // 127.0.0.0/8 as IPv6 has it.
    /^\[::ffff:7f[\da-f]{2}:[\da-f]+\]$/.test(name)
  );
}

/** Is this an address, and no name that a name server gives an address to? */
export function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d+(\.\d+){3}$/.test(name);
}
