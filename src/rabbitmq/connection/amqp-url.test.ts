import { describe, expect, it } from 'vitest';
import { parseAmqpUrl } from './amqp-url.ts';

const guest = { username: 'guest', password: 'guest' };
const local = { hostname: 'localhost', port: 5672, vhost: '/', ...guest };

describe('a URL', () => {
  it.each([
    ['amqp://', local],
    ['amqp:///', local],
    ['amqp://mq', { ...local, hostname: 'mq' }],
    ['AMQP://mq', { ...local, hostname: 'mq' }],
    [' amqp://mq\n', { ...local, hostname: 'mq' }],
    ['amqp://mq.example.com:5673/', { ...local, hostname: 'mq.example.com', port: 5673 }],
    ['amqp://my_mq/', { ...local, hostname: 'my_mq' }],
    ['amqp://[::1]', { ...local, hostname: '::1' }],
    ['amqp://[2001:db8::1]:5673/', { ...local, hostname: '2001:db8::1', port: 5673 }],
    [
      'amqp://u:p@[::ffff:10.0.0.1]/',
      { hostname: '::ffff:10.0.0.1', username: 'u', password: 'p' },
    ],
    ['amqp://[fe80::1%25eth0]/', { ...local, hostname: 'fe80::1%eth0' }],
    ['amqps://mq', { ...local, hostname: 'mq', port: 5671, tls: {} }],
    ['amqps://mq:5672', { hostname: 'mq', port: 5672, tls: {} }],
  ])('%s tells the host and the port', (url, address) => {
    expect(parseAmqpUrl(url)).toMatchObject(address);
    expect('tls' in parseAmqpUrl(url)).toBe('tls' in address);
  });

  it.each([
    ['amqp://u:p@mq/', 'u', 'p'],
    ['amqp://u@mq/', 'u', ''],
    ['amqp://u:@mq/', 'u', ''],
    ['amqp://u:p:q@mq/', 'u', 'p:q'],
    ['amqp://u:p@q@mq/', 'u', 'p@q'],
    ['amqp://a%40b:%2F%3F%23%25%3A@mq/', 'a@b', '/?#%:'],
    ['amqp://gr%C3%BC%C3%9Fe:p+q@mq/', 'grüße', 'p+q'],
    ['amqp://@mq/', 'guest', 'guest'],
  ])('%s tells the user and the password', (url, username, password) => {
    expect(parseAmqpUrl(url)).toMatchObject({ hostname: 'mq', username, password });
  });

  it.each([
    ['', '/'],
    ['/', '/'],
    ['//', '/'],
    ['/%2F', '/'],
    ['/%2f', '/'],
    ['/asya', 'asya'],
    ['/team%2Fasya', 'team/asya'],
    ['/my%20vhost', 'my vhost'],
    ['?heartbeat=5', '/'],
    ['/asya?heartbeat=5', 'asya'],
  ])('with the path "%s" tells the virtual host', (path, vhost) => {
    expect(parseAmqpUrl(`amqp://mq${path}`)).toMatchObject({ hostname: 'mq', vhost });
  });

  it('tells its options', () => {
    const url =
      'amqps://mq/?heartbeat=0&connection_timeout=3000&channel_max=64&frame_max=8192' +
      '&auth_mechanism=PLAIN&verify=verify_none&server_name_indication=mq.example.com&password=a%26b';
    expect(parseAmqpUrl(url)).toMatchObject({
      heartbeat: 0,
      connectionTimeout: 3_000,
      maxChannels: 64,
      frameMax: 8_192,
      tls: { rejectUnauthorized: false, servername: 'mq.example.com', passphrase: 'a&b' },
    });
  });
});

describe('what cannot be used is refused, and said to be written otherwise', () => {
  it.each([
    ['http://mq', /begins with amqp:\/\/ or amqps:\/\//],
    ['mq:5672', /begins with amqp:\/\/ or amqps:\/\//],
    ['amqp:mq', /begins with/],
    ['amqp://u:hunter2#x@mq/', /# as %23/],
    ['amqp://u:12/hunter2@mq/', /\/ as %2F/],
    ['amqp://u:12?hunter2@mq/', /\? as %3F/],
    ['amqp://u:hunter2?x@mq/', /\? as %3F/],
    ['amqp://u:hunter2/x@mq/', /\/ as %2F/],
    ['amqp://u:p@x/hunter2@mq/', /\/ as %2F/],
    ['amqp://u:hunter2%@mq/', /a % in the password must be written %25/],
    ['amqp://hunter2%zz:p@mq/', /a % in the user must be written %25/],
    ['amqp://mq/hunter2%', /a % in the virtual host must be written %25/],
    ['amqp://mq/a/b', /a \/ in the virtual host's name must be written %2F/],
    ['amqp://mq//a', /must be written %2F/],
    ['amqp://u:hunter2@h1:5672,h2:5672/', /one host/],
    ['amqp://h1,h2/', /one host/],
    ['amqp://u:hunter2@h1;amqp://u:p@h2', /one host/],
    ['amqp://[::g]/', /IPv6/],
    ['amqp://::1/', /URL such as/],
    ['amqp://mq:0/', /port/],
    ['amqp://mq:65536/', /port/],
    ['amqp://mq:amqp/', /URL such as/],
    ['amqp://mq/?hertbeat=5', /option hertbeat is not understood; .*heartbeat, connection_timeout/],
    ['amqp://mq/?heartbeat=5s', /option heartbeat must be a whole number from 0 to 65535/],
    ['amqp://mq/?heartbeat', /option heartbeat must be a whole number/],
    ['amqp://mq/?connection_timeout=-1', /option connection_timeout must be/],
    ['amqp://mq/?auth_mechanism=external', /option auth_mechanism must be plain/],
    ['amqp://mq/?cacertfile=/ca.pem', /option cacertfile .*(amqps:\/\/|cannot be read)/],
    ['amqp://mq/?verify=verify_none', /option verify needs a URL that begins with amqps:\/\//],
    ['amqps://mq/?verify=none', /option verify must be verify_peer or verify_none/],
    ['amqps://mq/?cacertfile=/no/such.pem', /option cacertfile cannot be read: ENOENT/],
    ['amqps://mq/?fail_if_no_peer_cert=true', /option fail_if_no_peer_cert is not understood/],
    ['amqps://mq/?password=hunter2%', /a % in its option password must be written %25/],
    ['amqp://mq/?__proto__=1', /option __proto__ is not understood/],
  ])('%s', (url, fault) => {
    expect(() => parseAmqpUrl(url)).toThrow(fault);
    expect(() => parseAmqpUrl(url)).not.toThrow(/hunter2/);
  });
});
