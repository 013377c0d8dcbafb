import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf } from '../../support/child.ts';
import { AsyaProcess } from '../../support/processes.ts';

/* The MCP Inspector's command line, as a user runs it, against `asya-gateway dev`. */

const launcher = fileURLToPath(
  new URL('../../../node_modules/.bin/mcp-inspector', import.meta.url),
);

let gateway: AsyaProcess;
let url: string;

beforeAll(async () => {
  gateway = new AsyaProcess(['dev', '--port', '0'], {});
  [, url = ''] = await gateway.says(/MCP endpoint +(\S+)/);
});
afterAll(() => gateway.stop());

async function inspect(...args: string[]): Promise<unknown> {
  const command = [launcher, '--cli', url, '--transport', 'http', ...args];
  return JSON.parse(await outputOf(process.execPath, command));
}

test('lists the tools', async () => {
  const listed = await inspect('--method', 'tools/list');
  expect(listed).toMatchObject({
    tools: [
      { name: 'word_count' },
      { name: 'make_poster' },
      { name: 'fail_on_purpose' },
      {},
      {},
      {},
      {},
    ],
  });
});

test('calls a tool', async () => {
  const call = ['--method', 'tools/call', '--tool-name', 'word_count'];
  expect(await inspect(...call, '--tool-arg', 'text=one two two')).toMatchObject({
    isError: false,
    structuredContent: { words: 3, most_frequent: [{ word: 'two', count: 2 }, {}] },
  });
});
