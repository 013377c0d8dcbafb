import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a service, to break their connection in all the ways networks do; or
 * before several, which take the connections in turn.
 */
export class TcpProxy {
  #targets: readonly URL[];
  #connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #paused = false;
  #delayMs = 0;

  private constructor(targets: readonly URL[]) {
    this.#targets = targets;
    this.#server = createServer((client) => this.#forward(client));
  }

  /** @param targets URLs; their hosts and ports are forwarded to */
  static async to(...targets: string[]): Promise<TcpProxy> {
    const proxy = new TcpProxy(targets.map((target) => new URL(target)));
    await proxy.accept();
    return proxy;
  }

  /** The first target's URL by way of this proxy. */
  get url(): string {
    const url = new URL(this.#target(0));
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  /** How many connections there were. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that begin now go to others; those that stand are left alone. */
  retarget(...targets: string[]): void {
    this.#targets = targets.map((target) => new URL(target));
  }

  /** Breaks every connection; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks every connection and refuses new ones until `accept`. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  async accept(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    // An AddressInfo, because it listens on a port.
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Keeps connections and lets nothing through, as a network that drops packets. */
  pause(): void {
    this.#paused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** What is sent from now on arrives this much later, in order. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  #target(n: number): URL {
    const target = this.#targets[n % this.#targets.length];
    if (target === undefined) throw new Error('a proxy needs a target');
    return target;
  }

  #forward(client: Socket): void {
    const { port, hostname: host } = this.#target(this.#connections++);
    const service = connect({ port: Number(port), host });
    this.#pass(client, service);
    this.#pass(service, client);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let late = 0;
    from.on('data', (chunk) => {
      if (this.#delayMs === 0 && late === 0) return void to.write(chunk);
      late++;
      setTimeout(() => {
        late--;
        to.write(chunk);
      }, this.#delayMs);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#paused) from.pause();
  }
}
