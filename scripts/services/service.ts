import { connect } from 'node:net';

/** A server that the tests need, and the ways to have one. All of them listen on loopback only. */
export interface Service {
  readonly name: string;
  /** The environment variable that names one. */
  readonly variable: string;
  /** Where to look, and by which account, if the variable is not set. */
  readonly localUrl: string;

  /**
   * Logs in, which a mere open port would not prove possible.
   *
   * @returns the version, or an empty text where the server does not tell
   * @throws why it cannot be used
   */
  probe(url: string): Promise<string>;

  /** Starts it in a container. @returns its URL, which can be used soon */
  startInDocker(): Promise<string>;

  /** Installs and starts Debian's, as root. @returns its URL, which can be used soon */
  startOnDebian(): Promise<string>;
}

/** A busy machine takes its time; where nothing listens, this is clear at once. */
export const connectLimitMs = 30_000;

/** The usual port, unless something else, which we could not log in to, has it. */
export async function choosePort(usual: number, other: number): Promise<number> {
  return (await isTaken(usual)) ? other : usual;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
