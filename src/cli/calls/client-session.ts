import { GatewayClient } from '../../client/gateway-client.ts';
import { packageVersion } from '../package-root.ts';
import { say } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

/** The options of every command that uses a gateway. */
export const clientOptions = {
  url: {
    type: 'string',
    value: 'URL',
    help: "The gateway's address (ASYA_GATEWAY_URL, http://127.0.0.1:8080)",
  },
  json: {
    type: 'boolean',
    help: 'Print JSON, as when the output is not a terminal',
  },
} as const;

/** Whether to print JSON. */
export function wantsJson({ json = false }: { readonly json?: boolean }): boolean {
  return json || !process.stdout.isTTY;
}

interface SessionOptions {
  /** Ends whatever is under way. Default: nothing does. */
  readonly signal?: AbortSignal;
  /** Whether the user is told when the gateway goes away. Default: yes. */
  readonly tellsOutages?: boolean;
}

/**
 * A client for what the options and the environment name.
 *
 * @throws UsageError if the address is none
 */
export function openClient(
  { url }: { readonly url?: string },
  { signal = new AbortController().signal, tellsOutages = true }: SessionOptions = {},
): GatewayClient {
  endWithReader();
  const { ASYA_GATEWAY_URL: fromEnv = '', ASYA_GATEWAY_TOKEN: token = '' } = process.env;
  return new GatewayClient({
    url: gatewayUrl(url ?? (fromEnv === '' ? 'http://127.0.0.1:8080' : fromEnv)),
    token: token === '' ? null : bearerToken(token),
    version: packageVersion(),
    signal,
    onOutage: (fault) => {
      if (tellsOutages)
        say(fault === null ? 'The gateway is back.' : `${fault.message}\nTrying again …`);
    },
  });
}

function gatewayUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const near = URL.parse(`http://${text}`);
    const way = near === null || text.includes('://') ? '' : `; did you mean http://${text}?`;
    throw new UsageError(
      `--url, or ASYA_GATEWAY_URL, is no http:// or https:// address: ${text}${way}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'the address of the gateway holds a user or password; set ASYA_GATEWAY_TOKEN instead',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`the address of the gateway ends with ${url.search}${url.hash}`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function bearerToken(token: string): string {
  // A header holds no other characters, and the token itself must not be shown.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(
      'ASYA_GATEWAY_TOKEN holds spaces, line breaks or other characters beyond ASCII',
    );
  }
  return token;
}

/** A command line that goes on with this one, at the same gateway. */
export function furtherCommand(line: string, { url }: { readonly url?: string }): string {
  return `asya-gateway ${line}${url === undefined ? '' : ` --url ${url}`}`;
}

/** A reader such as `head` has enough at some point, and then the command has nothing more to do. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
