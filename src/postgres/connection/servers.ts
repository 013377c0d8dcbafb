import type { DatabaseHost, DatabaseTarget } from '../database-url.ts';
import { addressesOf, describeAddress, hostsInOrder, type Address } from './address.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { codeOf, isTransient } from './outage.ts';
import { EncryptionRefused, encryptionsFor, openTransport } from './transport.ts';

/** None of the servers that a URL names could be used. The message tells why, for each. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
  /** Did a server refuse in a way that waiting does not mend, such as by a wrong password? */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal: boolean, cause: unknown) {
    super(message, { cause });
    this.isRefusal = isRefusal;
  }
}

interface ConnectFailure {
  readonly place: string;
  readonly error: unknown;
}

/** The servers that a URL names, of which one takes writes. */
export class Servers {
  readonly target: DatabaseTarget;
  /** Where the last connection was opened: the others are tried after it. */
  #current: DatabaseHost | null = null;

  constructor(target: DatabaseTarget) {
    this.target = target;
  }

  /** Connects to the first server that is there and is no standby. @throws NotConnected */
  async connect(options: Omit<ConnectionOptions, 'target'>): Promise<Connection> {
    const failures: ConnectFailure[] = [];
    for (const host of this.#hosts()) {
      for (const address of await resolved(host, failures)) {
        try {
          const connection = await open(address, { ...options, target: this.target });
          this.#current = host;
          return connection;
        } catch (error) {
          failures.push({ place: describeAddress(address), error });
          if (!this.target.isGuess && !mayDifferElsewhere(error)) throw summary(failures);
        }
      }
    }
    throw summary(failures);
  }

  #hosts(): readonly DatabaseHost[] {
    const hosts = hostsInOrder(this.target);
    const current = this.#current;
    return current === null ? hosts : [current, ...hosts.filter((host) => host !== current)];
  }
}

async function resolved(host: DatabaseHost, failures: ConnectFailure[]): Promise<Address[]> {
  try {
    return await addressesOf(host);
  } catch (error) {
    failures.push({ place: host.name, error });
    return [];
  }
}

/** Tries each encryption that is allowed, as far as it may be what a server minds. */
async function open(address: Address, options: ConnectionOptions): Promise<Connection> {
  const { tls, connectLimitMs: limitMs } = options.target;
  let first: unknown = null;
  for (const encryption of encryptionsFor(tls.mode, address)) {
    try {
      const socket = await openTransport(address, { tls, encryption, limitMs });
      return await Connection.open(socket, address, options);
    } catch (error) {
      first ??= error;
      if (!(error instanceof EncryptionRefused) && codeOf(error) !== '28000') throw error;
    }
  }
  throw first;
}

function mayDifferElsewhere(error: unknown): boolean {
  return error instanceof EncryptionRefused || (isTransient(error) && codeOf(error) !== '08P01');
}

function summary(failures: readonly ConnectFailure[]): NotConnected {
  const refusal = failures.find(({ error }) => !isAway(error));
  const texts = failures.map(({ place, error }) => `${place}: ${messageOf(error)}`);
  const cause = (refusal ?? failures.at(-1))?.error;
  return new NotConnected(texts.join('; '), refusal !== undefined, cause);
}

/** A server that is there speaks a version of the protocol that does not change by waiting. */
function isAway(error: unknown): boolean {
  return isTransient(error) && codeOf(error) !== '08P01';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
