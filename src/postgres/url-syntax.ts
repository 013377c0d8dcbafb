/*
 * The syntax of connection URLs (PostgreSQL manual, 34.1.1.2):
 *
 *   postgres[ql]://[user[:password]@][host[:port][,…]][/database][?parameter=value&…]
 *
 * `URL` of JavaScript knows neither several hosts nor directories of sockets as hosts, and takes a
 * `#` in a password for the end.
 */

/**
 * The parts of a URL as parameters by their names in libpq; what is empty is left out.
 *
 * @throws Error with a message that holds nothing of the URL, which holds a password
 */
export function splitUrl(url: string): Map<string, string> {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(url) ?? [];
  if (rest === undefined) {
    throw new Error('must be a URL that begins with postgres:// or postgresql://');
  }
  const [, credentials, place = ''] = /^(?:([^@/]*)@)?(.*)$/s.exec(rest) ?? [];
  const [, authority = '', database = '', query] =
    /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(place) ?? [];
  // The rest of a password would be taken for a host, and be told in the log.
  if (authority.includes('@')) throw new Error(hostFault);

  const parameters = new Map<string, string>();
  const set = (name: string, text: string, part: string): void => {
    const value = decoded(text, part);
    if (value !== '') parameters.set(name, value);
  };

  const [user = '', ...password] = (credentials ?? '').split(':');
  set('user', user, 'its user');
  set('password', password.join(':'), 'its password');
  const hosts = authority.split(',').map(splitHost);
  set('host', hosts.map(({ host }) => host).join(','), 'its host');
  if (hosts.some(({ port }) => port !== '')) {
    set('port', hosts.map(({ port }) => port).join(','), 'its port');
  }
  set('dbname', database, 'its database');
  for (const pair of query === undefined || query === '' ? [] : query.split('&')) {
    const [name = '', value, ...more] = pair.split('=');
    if (value === undefined || more.length > 0) {
      throw new Error('each of its parameters must be written name=value, a = in a value %3D');
    }
    set(decoded(name, 'the name of a parameter'), value, `its parameter ${name}`);
  }
  return parameters;
}

const hostFault =
  'its host and port must be written host:port, an IPv6 address in brackets as in [::1]:5432, and each / ? # or @ of its user or password percent-encoded';

/** `[::1]:5432` is an IPv6 address; else the port stands behind a colon. */
function splitHost(text: string): { readonly host: string; readonly port: string } {
  const [, address, host, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? [];
  if (address === undefined && host === undefined) throw new Error(hostFault);
  if (port !== undefined && !/^\d*$/.test(port)) throw new Error(hostFault);
  return { host: address ?? host ?? '', port: port ?? '' };
}

function decoded(text: string, part: string): string {
  try {
    const value = decodeURIComponent(text);
    if (value.includes('\0')) throw new Error('no parameter can hold a null character');
    return value;
  } catch {
    throw new Error(`${part} cannot be decoded: a % in it must be written %25`);
  }
}
