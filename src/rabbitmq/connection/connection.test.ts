import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { services } from '../../../test/support/services.ts';
import { RabbitConnection } from './connection.ts';

/*
 * URLs of RabbitMQ, and what is behind them: the real one, reached by way of servers of these tests that
 * listen on other addresses, or speak TLS.
 */

const { hostname: host, port, username, password } = new URL(services.rabbitmqUrl);
const user = `${username}:${password}`;
const servers = new Set<Server>();

afterEach(async () => {
  await Promise.all([...servers].map((server) => once(server.close(), 'close')));
  servers.clear();
});

/** Passes a connection on to RabbitMQ. */
function passOn(client: Socket): void {
  const rabbitmq = connect({ port: Number(port), host });
  client.pipe(rabbitmq).pipe(client);
  for (const [socket, other] of [[client, rabbitmq] as const, [rabbitmq, client] as const]) {
    socket.on('error', () => {});
    socket.on('close', () => other.destroy());
  }
}

/** The port of a server that passes on to RabbitMQ. */
async function listen(server: Server, address: string): Promise<number> {
  servers.add(server);
  await once(server.listen(0, address), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Why nothing can be published once the connection was tried; null: it stands. */
async function faultOf(url: string): Promise<string | null> {
  const connection = new RabbitConnection({ url, name: 'test', log: memoryLog().log });
  await connection.start();
  const fault = connection.fault();
  await connection.stop();
  return fault;
}

describe('the virtual host', () => {
  it.each(['', '/', '//', '/%2F', '/%2f'])('"/" may be written "%s"', async (path) => {
    expect(await faultOf(`amqp://${user}@${host}:${port}${path}`)).toBeNull();
  });

  it('that RabbitMQ does not know is named', async () => {
    expect(await faultOf(`amqp://${user}@${host}:${port}/no%2Fsuch`)).toContain('no/such');
  });
});

it('a user and a password may be percent-encoded', async () => {
  const encoded = [username, password].map((text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join(''),
  );
  expect(await faultOf(`amqp://${encoded.join(':')}@${host}:${port}/`)).toBeNull();
});

it('a password that is wrong is a reason to check the variable', async () => {
  const fault = await faultOf(`amqp://${username}:p%40ss@${host}:${port}/`);
  expect(fault).toContain('check ASYA_RABBITMQ_URL');
});

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((of) => of?.address === '::1');

describe.runIf(hasIpv6)('an IPv6 address', () => {
  it.each(['[::1]', '[0:0:0:0:0:0:0:1]'])('%s is reached', async (address) => {
    const own = await listen(createServer(passOn), '::1');
    expect(await faultOf(`amqp://${user}@${address}:${own}/`)).toBeNull();
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('Skipped: the tests of amqps need openssl for their certificates.');

describe.runIf(hasOpenssl)('amqps', () => {
  let directory: string;
  let tls: TlsOptions;
  const file = (name: string): string => join(directory, name);

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'asya-tls-'));
    // One certificate for both ends, signed by itself.
    const subject = ['-subj', '/CN=rabbit.test', '-addext', 'subjectAltName=DNS:rabbit.test'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
    const files = ['-keyout', file('key.pem'), '-out', file('cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files], {
      stdio: 'ignore',
    });
    const lock = ['-in', file('key.pem'), '-aes256', '-passout', 'pass:open sesame'];
    execFileSync('openssl', ['pkey', ...lock, '-out', file('locked.pem')]);
    tls = { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) };
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const fault = async (query: string, options: TlsOptions = {}) => {
    const own = await listen(createTlsServer({ ...tls, ...options }, passOn), '127.0.0.1');
    return faultOf(`amqps://${user}@127.0.0.1:${own}/?${query}`);
  };

  it('trusts nobody whom it does not know', async () => {
    expect(await fault('')).toMatch(/self.signed.*\?cacertfile=/);
    expect(await fault(`cacertfile=${file('cert.pem')}`)).toContain('127.0.0.1');
  });

  it('trusts the certificate and the name that it is given', async () => {
    const trusting = `cacertfile=${file('cert.pem')}&server_name_indication=rabbit.test`;
    expect(await fault(trusting)).toBeNull();
    expect(await fault(`${trusting}&verify=verify_peer`)).toBeNull();
  });

  it('trusts everybody if it is told to', async () => {
    expect(await fault('verify=verify_none')).toBeNull();
  });

  it('shows its own certificate, also by a key with a password', async () => {
    const options = { requestCert: true, ca: tls.cert };
    const own = `verify=verify_none&certfile=${file('cert.pem')}`;
    expect(await fault('verify=verify_none', options)).not.toBeNull();
    expect(await fault(`${own}&keyfile=${file('key.pem')}`, options)).toBeNull();
    const locked = `${own}&keyfile=${file('locked.pem')}&password=open%20sesame`;
    expect(await fault(locked, options)).toBeNull();
  });
});
