import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, getCACertificates, type ConnectionOptions } from 'node:tls';
import { callAfter } from '../../lib/timer.ts';
import type { TlsMode, TlsSettings } from '../database-url.ts';
import { isLocal, socketPath, type Address } from './address.ts';

/** `offered`: encrypted if the server can. */
export type Encryption = 'none' | 'offered' | 'demanded';

/** An attempt to connect failed for lack of time. Its code is the driver's for that. */
class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  readonly code = 'CONNECT_TIMEOUT';
}

/** The server does not encrypt, or not so that it can be trusted. */
export class EncryptionRefused extends Error {
  override readonly name = 'EncryptionRefused';
}

/**
 * The ways to connect that an `sslmode` allows, the better one first (PostgreSQL manual, 34.19.3).
 * Without one it is `prefer`, as in libpq; and `allow` for what does not leave this machine, where
 * encryption would cost without hiding anything.
 */
export function encryptionsFor(mode: TlsMode | null, address: Address): readonly Encryption[] {
  // A socket of the file system is never encrypted.
  if (address.ip === null) return ['none'];
  switch (mode ?? (isLocal(address) ? 'allow' : 'prefer')) {
    case 'disable':
      return ['none'];
    case 'allow':
      return ['none', 'demanded'];
    case 'prefer':
      return ['offered', 'none'];
    default:
      return ['demanded'];
  }
}

interface TransportOptions {
  readonly tls: TlsSettings;
  readonly encryption: Encryption;
  readonly limitMs: number;
}

/** Connects, and encrypts. Whoever gets the socket hears of its errors by its end alone. */
export async function openTransport(address: Address, options: TransportOptions): Promise<Socket> {
  const { limitMs } = options;
  const { host, ip } = address;
  const socket =
    ip === null
      ? connectTcp({ path: socketPath(host.name, host.port).replace(/^@/, '\0') })
      : connectTcp({ host: ip, port: host.port, noDelay: true });
  // An error that nobody listens to would end the process.
  socket.on('error', () => {});
  const expiry = Promise.withResolvers<never>();
  const stopTimer = callAfter(limitMs, () =>
    expiry.reject(new ConnectTimeout(`no connection within ${limitMs} ms`)),
  );
  try {
    return await Promise.race([connected(socket, address, options), expiry.promise]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    stopTimer();
  }
}

async function connected(
  socket: Socket,
  address: Address,
  options: TransportOptions,
): Promise<Socket> {
  await once(socket, 'connect');
  return encrypted(socket, address, options);
}

async function encrypted(
  socket: Socket,
  address: Address,
  { tls, encryption }: TransportOptions,
): Promise<Socket> {
  if (encryption === 'none') return socket;
  if (!tls.direct && !(await serverEncrypts(socket))) {
    if (encryption === 'offered') return socket;
    throw new EncryptionRefused('the server does not encrypt, and sslmode demands it');
  }
  const wrapped = connectTls({ ...(await tlsOptions(tls, address)), socket });
  wrapped.on('error', () => {});
  try {
    await once(wrapped, 'secureConnect');
  } catch (error) {
    throw new EncryptionRefused(`TLS: ${(error as Error).message}`, { cause: error });
  }
  return wrapped;
}

/** An SSLRequest, and its answer of one byte (manual, 55.2.10). */
async function serverEncrypts(socket: Socket): Promise<boolean> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  const ended = once(socket, 'close').then(() => {
    throw Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' });
  });
  const [answer] = (await Promise.race([once(socket, 'data'), ended])) as [Buffer];
  // More than the one byte would be taken for encrypted, and was not.
  if (answer.length !== 1) throw new EncryptionRefused('the server sent more than its answer');
  return answer.toString() === 'S';
}

async function tlsOptions(tls: TlsSettings, { host, ip }: Address): Promise<ConnectionOptions> {
  const { mode, rootCertificates, certificate, key, keyPassword, revoked } = tls;
  const isChecked = mode === 'verify-ca' || mode === 'verify-full';
  const isName = isIP(host.name) === 0;
  return {
    // What a certificate is checked for.
    host: host.name === '' && ip !== null ? ip : host.name,
    ...(isName && tls.sendName && { servername: host.name }),
    rejectUnauthorized: isChecked,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(tls.direct && { ALPNProtocols: ['postgresql'] }),
    ...(isChecked && (await trusted(rootCertificates))),
    ...(isChecked && revoked !== null && { crl: await readFile(revoked) }),
    ...(certificate !== null && { cert: await readFile(certificate) }),
    ...(key !== null && { key: await readFile(key) }),
    ...(keyPassword !== null && { passphrase: keyPassword }),
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
  };
}

async function trusted(rootCertificates: string | null): Promise<ConnectionOptions> {
  if (rootCertificates === null) return {};
  if (rootCertificates !== 'system') return { ca: await readFile(rootCertificates) };
  const system = getCACertificates('system');
  // Images without certificates of their own have those of Node.js.
  return system.length > 0 ? { ca: system } : {};
}
