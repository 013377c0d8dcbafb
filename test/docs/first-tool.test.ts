import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf, signalGroup, startChild } from '../support/child.ts';
import { patienceMs } from '../support/patience.ts';
import { replaceFile } from '../support/replace-file.ts';

/*
 * Runs docs/first-tool.md as a reader does: writes its files, runs its commands, and looks for the
 * text it promises, from top to bottom. A reader's port and installation are the only differences.
 */

const checkout = resolve(import.meta.dirname, '../..');

interface Block {
  readonly language: string;
  readonly text: string;
}

let directory: string;
let port: number;
let server: ChildProcess | null = null;
let served = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-first-tool-'));
  // As good as a checkout that was just installed.
  for (const name of await readdir(checkout)) {
    if (name === 'first-tool') continue;
    await symlink(join(checkout, name), join(directory, name));
  }
  port = await freePort();
});

afterAll(async () => {
  if (server !== null && server.exitCode === null) {
    const gone = once(server, 'close');
    signalGroup(server, 'SIGTERM');
    await gone;
  }
  await rm(directory, { recursive: true });
});

test('docs/first-tool.md does what it says', { timeout: 3 * patienceMs }, async () => {
  const page = await readFile(join(checkout, 'docs/first-tool.md'), 'utf8');
  const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']): Block => ({ language, text }),
  );
  const languages = blocks.map(({ language }) => language).join(' ');
  expect(languages).toBe('sh yaml ts sh text sh text sh text ts sh text');
  let output = '';
  for (const { language, text } of blocks) {
    if (language === 'text') expectLines(output, text);
    else if (language === 'sh') output = await run(here(text));
    else await save(text);
  }
});

/** Where the page says 8080, another port may be free here. */
function here(text: string): string {
  return text.replaceAll('8080', String(port)).replace(/^npm ci$/m, '');
}

function expectLines(output: string, promised: string): void {
  for (const line of here(promised).trimEnd().split('\n')) expect(output).toContain(line);
}

/** A file's first line is a comment that names it. */
async function save(text: string): Promise<void> {
  const [, name = ''] = /^(?:#|\/\/) (\S+)\n/.exec(text) ?? [];
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, text);
  if (server !== null) await says(/Reloaded the actors: plan-days/);
}

async function run(script: string): Promise<string> {
  if (script.includes('asya-gateway dev')) return serve(script);
  const env = { ...process.env, ASYA_GATEWAY_URL: `http://127.0.0.1:${port}` };
  return outputOf('sh', ['-e', '-c', script], { cwd: directory, env });
}

/** Runs until the end of the test. */
async function serve(script: string): Promise<string> {
  const env = { ...process.env, ASYA_GATEWAY_PORT: String(port) };
  server = startChild('sh', ['-c', script], { cwd: directory, env });
  const collect = (chunk: Buffer): void => {
    served += chunk.toString();
    server?.emit('output');
  };
  server.stdout?.on('data', collect);
  server.stderr?.on('data', collect);
  server.once('close', () => server?.emit('output'));
  return says(/Stop with Ctrl-C/);
}

async function says(pattern: RegExp): Promise<string> {
  while (!pattern.test(served)) {
    if (server === null || server.exitCode !== null) throw new Error(`it ended:\n${served}`);
    await once(server, 'output');
  }
  return served;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
