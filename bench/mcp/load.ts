/*
 * Usage: load.ts URL METHOD CONNECTIONS SECONDS
 *
 * Sends one request after the other over each of the connections, checks every answer, and prints how
 * many there were. A process of its own, so that a server has all the time of its own.
 */
import { text } from 'node:stream/consumers';
import { Client } from 'undici';

const [url = '', method = '', connections = '', seconds = ''] = process.argv.slice(2);
const { origin, pathname: path } = new URL(url);

const params = method === 'tools/call' ? { name: 'echo', arguments: { text: 'hello' } } : {};
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
};

interface Answer {
  readonly id?: number;
  readonly result?: {
    readonly tools?: readonly { readonly name: string }[];
    readonly content?: readonly { readonly type: string; readonly text: string }[];
    readonly isError?: boolean;
  };
}

let nextId = 0;
let answers = 0;
const begun = performance.now();
const end = begun + Number(seconds) * 1000;
await Promise.all(Array.from({ length: Number(connections) }, useOneConnection));
const elapsed = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ answers, perSecond: answers / elapsed }));

async function useOneConnection(): Promise<void> {
  const client = new Client(origin);
  while (performance.now() < end) {
    const id = nextId++;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const response = await client.request({ path, method: 'POST', headers, body });
    const received = await text(response.body);
    if (response.statusCode !== 200 || !isRight(JSON.parse(received) as Answer, id)) {
      throw new Error(`wrong answer to ${body}: ${response.statusCode} ${received}`);
    }
    answers++;
  }
  await client.close();
}

function isRight({ id: answered, result }: Answer, id: number): boolean {
  if (answered !== id || result === undefined) return false;
  if (method === 'tools/list')
    return result.tools?.length === 1 && result.tools[0]?.name === 'echo';
  return result.content?.[0]?.type === 'text' && result.isError !== true;
}
