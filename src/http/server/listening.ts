import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../config.ts';

/** Where a server listens, such as `http://127.0.0.1:8080` or `http://[::1]:8080`. */
export function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The same for a browser on this machine, which cannot open `http://0.0.0.0` everywhere. */
export function localUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/**
 * Makes the error of a server that could not listen one that says what to change in the configuration.
 *
 * @param variable names the port
 * @param host the address that was to be listened on
 * @throws ConfigError; other errors as they are
 */
export function explainListenError(variable: string, host: string) {
  const address = host.includes(':') ? `[${host}]` : host;
  return (error: NodeJS.ErrnoException & { port?: number }): never => {
    const { code, port } = error;
    switch (code) {
      case 'EADDRINUSE':
        throw new ConfigError(
          `${variable}: port ${port} at ${address} is taken; choose another, or 0 for any`,
        );
      case 'EACCES':
        throw new ConfigError(
          `${variable}: port ${port} needs privileges; choose one from 1024 on`,
        );
      case 'EAFNOSUPPORT':
        throw new ConfigError(
          `ASYA_GATEWAY_HOST: this machine has no IPv6, and ${host} is an address of it; 0.0.0.0 is every IPv4 address`,
        );
      case 'EINVAL':
        throw new ConfigError(
          `ASYA_GATEWAY_HOST: ${host} needs the network interface it belongs to, such as ${host}%eth0`,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        throw new ConfigError(
          `ASYA_GATEWAY_HOST: this machine has no address ${host}; 0.0.0.0 is every IPv4 address, :: every one`,
        );
      default:
        throw error;
    }
  };
}
