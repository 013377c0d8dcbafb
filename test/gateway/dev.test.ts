import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AsyaProcess } from '../support/processes.ts';
import { replaceFile } from '../support/replace-file.ts';

/* `asya-gateway dev` takes over what its files say now. The tests change one project in turn. */

let directory: string;
let dev: AsyaProcess;
let url: string;

const tools = (route: string) =>
  `tools: [{ name: shout, description: d, parameters: { text: { type: string } }, route: [${route}] }]`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-dev-'));
  await save('tools.yaml', tools('loud'));
  await save('ending.ts', `export const ending: string = '!';`);
  await save(
    'actors.ts',
    `import { actor } from 'asya-gateway/actor';
     import { ending } from './ending.ts';
     export default actor('loud', ({ text }: { text: string }) => text.toUpperCase() + ending);`,
  );
  const files = [
    '--tools',
    join(directory, 'tools.yaml'),
    '--actors',
    join(directory, 'actors.ts'),
  ];
  dev = new AsyaProcess(['dev', '--port', '0', ...files], {});
  [, url = ''] = await dev.says(/Listening on (\S+)[^]*Ctrl-C/);
});

afterAll(async () => {
  await dev.stop();
  await rm(directory, { recursive: true });
});

function save(name: string, text: string): Promise<void> {
  return replaceFile(join(directory, name), text);
}

/** Saves a file, and waits for the answer. */
async function change(name: string, text: string, answer: RegExp): Promise<void> {
  dev.output = '';
  await save(name, text);
  await dev.says(answer);
}

async function shout(): Promise<unknown> {
  const response = await fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=100' },
    body: '{"name": "shout", "arguments": {"text": "hi"}}',
  });
  const { content } = (await response.json()) as { content: { text: string }[] };
  return content[0]?.text;
}

test('a module that the actors import is reloaded with them', async () => {
  expect(await shout()).toBe('HI!');
  await change('ending.ts', `export const ending = '?';`, /Reloaded the actors: loud/);
  expect(await shout()).toBe('HI?');
});

test('a module that cannot be loaded changes nothing, until it is mended', async () => {
  await change('ending.ts', `export const ending: = '…';`, /stay as they were[^]*cannot be loaded/);
  expect(await shout()).toBe('HI?');
  await change('ending.ts', `export const ending = '…';`, /Reloaded the actors: loud/);
  expect(await shout()).toBe('HI…');
});

test('tools are reloaded, and stay as they were if their file is broken', async () => {
  await change('tools.yaml', 'tools: 3', /tools\.yaml:1:\d+ tools.*the tools stay as they were/);
  expect(await shout()).toBe('HI…');
  await save(
    'actors.ts',
    `import { actor } from 'asya-gateway/actor';
     export default [actor('quiet', ({ text }: { text: string }) => text)];`,
  );
  await dev.says(/Reloaded the actors: quiet/);
  await change('tools.yaml', tools('quiet'), /Reloaded the tools: shout/);
  expect(await shout()).toBe('hi');
});

test('a handler at work is stopped by a reload, and its job goes on with the new one', async () => {
  await change(
    'actors.ts',
    `import { setTimeout } from 'node:timers/promises';
     import { actor } from 'asya-gateway/actor';
     export default actor('quiet', (_, { signal }) => {
       console.log('at work');
       return setTimeout(600_000, null, { signal });
     });`,
    /Reloaded/,
  );
  const answer = shout();
  await dev.says(/at work/);
  await change(
    'actors.ts',
    `import { actor } from 'asya-gateway/actor';
     export default actor('quiet', () => 'the new one');`,
    /Reloaded/,
  );
  expect(await answer).toBe('the new one');
});
