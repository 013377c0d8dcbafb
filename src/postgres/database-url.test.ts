import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl, type DatabaseTarget } from './database-url.ts';

const hosts = (url: string): string[] =>
  parseDatabaseUrl(url).hosts.map(({ name, address, port }) =>
    address === null ? `${name} ${port}` : `${name} at ${address} ${port}`,
  );

describe('finds the servers that a URL names', () => {
  test.for<[string, string[]]>([
    ['postgres://h/db', ['h 5432']],
    ['postgresql://h:5433', ['h 5433']],
    ['postgres://u:p@h:5433/db', ['h 5433']],
    ['postgres://u@[::1]:5432/db', ['::1 5432']],
    ['postgres://[fe80::1%25eth0]/db', ['fe80::1%eth0 5432']],
    ['postgres://[::1],[::2]:2,h/db', ['::1 5432', '::2 2', 'h 5432']],
    ['postgres://h1:1,h2:2/db', ['h1 1', 'h2 2']],
    ['postgres://h1,h2:2/db', ['h1 5432', 'h2 2']],
    ['postgres://h1,h2/db?port=7', ['h1 7', 'h2 7']],
    ['postgres:///db?host=h1,h2&port=1,2', ['h1 1', 'h2 2']],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/db', ['/var/run/postgresql 5432']],
    ['postgres:///db?host=/var/run/postgresql&port=5433', ['/var/run/postgresql 5433']],
    ['postgres://ignored/db?host=/tmp', ['/tmp 5432']],
    ['postgres://@/db?host=h', ['h 5432']],
    ['postgres://h/db?hostaddr=10.0.0.1', ['h at 10.0.0.1 5432']],
    ['postgres:///db?hostaddr=10.0.0.1', ['10.0.0.1 at 10.0.0.1 5432']],
    ['postgres:///db', ['/var/run/postgresql 5432', '/tmp 5432', 'localhost 5432']],
  ])('%s', ([url, expected]) => {
    expect(hosts(url)).toEqual(expected);
  });
});

describe('reads what libpq reads', () => {
  test.for<[string, Partial<DatabaseTarget>]>([
    ['postgres://h/my%20db', { database: 'my db' }],
    ['postgres://h/?dbname=d', { database: 'd' }],
    ['postgres://h', { database: null, user: null, password: null }],
    ['postgres://u%40x:p%3A%2F%25@h', { user: 'u@x', password: 'p:/%' }],
    ['postgres://u:a:b#c?d@h/db', { user: 'u', password: 'a:b#c?d', database: 'db' }],
    ['postgres://h/db?user=u&password=p', { user: 'u', password: 'p' }],
    ['postgres://x:y@h/db?user=u&password=p', { user: 'u', password: 'p' }],
    ['postgres://h/db?passfile=/p', { passwordFile: '/p' }],
    ['postgres://h', { applicationName: 'asya-gateway' }],
    ['postgres://h?application_name=a%20b', { applicationName: 'a b' }],
    ['postgres://h?fallback_application_name=f', { applicationName: 'f' }],
    ['postgres://h?options=-c%20search_path%3Da', { options: '-c search_path=a' }],
    ['postgres://h', { connectLimitMs: 5_000 }],
    ['postgres://h?connect_timeout=0', { connectLimitMs: 5_000 }],
    ['postgres://h?connect_timeout=1', { connectLimitMs: 2_000 }],
    ['postgres://h?connect_timeout=10', { connectLimitMs: 10_000 }],
    ['postgres://h?keepalives=0', { keepAliveMs: null }],
    ['postgres://h?keepalives=1&keepalives_idle=30', { keepAliveMs: 30_000 }],
    ['postgres://h,i?load_balance_hosts=random', { shuffled: true }],
    ['postgres://h?target_session_attrs=read-write', { shuffled: false }],
    ['postgres://h?target_session_attrs=any&gssencmode=prefer&channel_binding=prefer', {}],
    ['postgres://h?sslcompression=0&client_encoding=UTF8&max_protocol_version=latest', {}],
  ])('%s', ([url, expected]) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  test.for<[string, Partial<DatabaseTarget['tls']>]>([
    ['', { mode: null, rootCertificates: null, minVersion: 'TLSv1.2', sendName: true }],
    ['sslmode=disable', { mode: 'disable' }],
    ['sslmode=verify-full', { mode: 'verify-full' }],
    ['ssl=true', { mode: 'require' }],
    ['requiressl=1', { mode: 'require' }],
    ['sslmode=require&sslrootcert=/ca', { mode: 'verify-ca', rootCertificates: '/ca' }],
    ['sslrootcert=system', { mode: 'verify-full', rootCertificates: 'system' }],
    ['sslcert=/c&sslkey=/k&sslpassword=p', { certificate: '/c', key: '/k', keyPassword: 'p' }],
    ['sslcert=/c&sslkey=/k&sslcertmode=disable', { certificate: null, key: null }],
    ['sslmode=require&sslnegotiation=direct&sslsni=0', { direct: true, sendName: false }],
    ['ssl_min_protocol_version=TLSv1.3&sslcrl=/r', { minVersion: 'TLSv1.3', revoked: '/r' }],
  ])('of TLS: %s', ([query, expected]) => {
    expect(parseDatabaseUrl(`postgres://h/db?${query}`).tls).toMatchObject(expected);
  });
});

describe('refuses by name, without the password', () => {
  test.for<[string, RegExp]>([
    ['mysql://u:secret@h', /^must be a URL that begins with postgres:\/\/ or postgresql:\/\//],
    ['host=h password=secret', /^must be a URL that begins with/],
    ['postgres://u:secret%zz@h', /^its password cannot be decoded: a % in it must be written %25/],
    ['postgres://u:secret@h/100%', /^its database cannot be decoded/],
    ['postgres://u:secret@h/db?x=%zz', /^its parameter x cannot be decoded/],
    ['postgres://u:sec/ret@h/db', /^its host and port must be .*percent-encoded/],
    ['postgres://u:secret@::1/db', /^its host and port must be .*brackets/],
    ['postgres://u:p@secret@h/db', /^its host and port must be .*percent-encoded/],
    ['postgres://u:secret@h:0/db', /^port: must be a whole number from 1 to 65535/],
    ['postgres://u:secret@h:65536/db', /^port: /],
    ['postgres://u:secret@h1,h2,h3/db?port=1,2', /^port: has 2 ports for 3 hosts/],
    ['postgres://u:secret@h1,h2/db?hostaddr=1.2.3.4', /^hostaddr: has 1 addresses for 2 hosts/],
    ['postgres://u:secret@h/db?sslmode', /^each of its parameters must be written name=value/],
    ['postgres://u:secret@h/db?sslmode=on', /^sslmode: must be one of disable, allow, prefer/],
    ['postgres://u:secret@h/db?ssl=require', /^ssl: is called sslmode/],
    [
      'postgres://u:secret@h/db?sslmode=require&sslrootcert=system',
      /^sslmode=require: is too weak/,
    ],
    [
      'postgres://u:secret@h/db?sslnegotiation=direct',
      /^sslnegotiation=direct: needs sslmode=require/,
    ],
    ['postgres://u:secret@h/db?connect_timeout=soon', /^connect_timeout: must be a whole number/],
    ['postgres://u:secret@h/db?channel_binding=require', /^channel_binding=require: .*verify-full/],
    ['postgres://u:secret@h/db?gssencmode=require', /^gssencmode=require: .*use sslmode/],
    [
      'postgres://u:secret@h/db?target_session_attrs=standby',
      /^target_session_attrs=standby: .*writes/,
    ],
    ['postgres://u:secret@h/db?client_encoding=LATIN1', /^client_encoding=LATIN1: .*UTF8/],
    ['postgres://u:secret@h/db?service=s', /^service: .*write its settings into the URL/],
    ['postgres://u:secret@h/db?tcp_user_timeout=1', /^tcp_user_timeout: .*leave it out/],
    ['postgres://u:secret@h/db?require_auth=none', /^require_auth: .*pg_hba\.conf/],
    ['postgres://u:secret@h/db?search_path=a', /^search_path: .*options=-c%20search_path%3Dvalue/],
    ['postgres://u:secret@h/db?statement_timeout=1', /^statement_timeout: .*options=/],
  ])('%s', ([url, message]) => {
    expect(() => parseDatabaseUrl(url)).toThrow(message);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/secret/);
  });
});
