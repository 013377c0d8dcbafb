import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCliGateway, type CliGateway } from '../../support/clients/cli-gateway.ts';
import { CommandProcess, runCommand } from '../../support/clients/command.ts';

/* Each exit code of docs/cli.md, with a real gateway and a real process of the command line. */

let gateway: CliGateway;
beforeAll(async () => {
  gateway = await startCliGateway();
});
afterAll(() => gateway.stop());

const cli = (...args: string[]) => runCommand(gateway.url, args);

test('0: the job succeeded; piped, the output is one JSON document', async () => {
  const { code, stdout, stderr } = await cli('call', 'add', 'a=5', 'note=5', 'b=1.5');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'Succeeded',
    result: { a: 5, b: 1.5, note: '5' },
  });
  expect(stderr).toContain('10 %  add · received');
  expect(code).toBe(0);
});

test('1: nobody listens at the address, which is said with the way out', async () => {
  const { code, stdout, stderr } = await runCommand('http://127.0.0.1:2', ['call', 'add', 'a=5']);
  expect(stderr).toBe(
    'no gateway listens at http://127.0.0.1:2: start one, or name another with --url or ASYA_GATEWAY_URL\n',
  );
  expect(stdout).toBe('');
  expect(code).toBe(1);
});

test('1: a job that there is not', async () => {
  const id = '01a203f6-49ac-72cf-8c6c-596f5957d302';
  const { code, stderr } = await cli('jobs', 'show', id);
  expect(stderr).toBe(`no job has the id ${id}\n`);
  expect(code).toBe(1);
});

test.each([
  ['an unknown command', ['cal'], /did you mean call\?/],
  ['an unknown tool', ['call', 'ad'], /no tool is named ad; did you mean add\?/],
  ['a word that is no argument', ['call', 'add', 'a'], /"a" is not NAME=VALUE/],
  ['JSON that is none', ['call', 'add', 'a:={'], /a:= is not JSON/],
  ['a file that is not there', ['call', 'add', 'note=@/no/file'], /cannot be read/],
  ['an argument twice', ['call', 'add', 'a=1', 'a=2'], /a is given twice/],
  ['a time that is none', ['call', 'add', 'a=1', '--timeout', 'x'], /number of seconds/],
  [
    'an address that is none',
    ['tools', 'ls', '--url', 'localhost:80'],
    /mean http:\/\/localhost:80/,
  ],
])('2: %s', async (_, args, message) => {
  const { code, stdout, stderr } = await cli(...args);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('2: wrong arguments, each of which is named', async () => {
  const { code, stdout, stderr } = await cli('call', 'add', 'a=x', 'b=y', 'mode=lazy');
  for (const name of ['a', 'b', 'mode']) expect(stderr).toMatch(new RegExp(`\\b${name} must be`));
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('3: the job failed; its error is said without what would steer the terminal', async () => {
  const { code, stdout, stderr } = await cli('call', 'fail');
  expect(JSON.parse(stdout)).toMatchObject({ status: 'Failed', reason: 'ActorError' });
  expect(stderr).toContain('Failed (ActorError): it broke\n');
  expect(code).toBe(3);
});

test('4: 401 without the token, which is sent as a bearer token', async () => {
  const proxy = await answering((request, response) => {
    if (request.headers.authorization !== 'Bearer s3cret') return response.writeHead(401).end();
    void fetch(`${gateway.url}${request.url}`)
      .then((upstream) => upstream.text())
      .then((text) => response.writeHead(200, { 'content-type': 'application/json' }).end(text));
  });
  const refused = await runCommand(proxy.url, ['tools', 'ls']);
  expect(refused.stderr).toContain('ASYA_GATEWAY_TOKEN');
  expect(refused.code).toBe(4);
  const allowed = await runCommand(proxy.url, ['tools', 'ls'], { ASYA_GATEWAY_TOKEN: 's3cret' });
  expect(allowed.code).toBe(0);
  await proxy.close();
});

test('5: the job was cancelled', async () => {
  const call = new CommandProcess(gateway.url, ['call', 'hang']);
  await call.says(/hanging/);
  const listed = await cli('jobs', 'ls', '--tool', 'hang', '--limit', '1');
  const { id } = JSON.parse(listed.stdout);
  expect((await cli('jobs', 'cancel', id)).code).toBe(0);
  const { code, stdout } = await call.result;
  expect(JSON.parse(stdout)).toMatchObject({ id, status: 'Cancelled' });
  expect(code).toBe(5);
});

test('6: the job asks, and nobody can be asked; the answer may come from elsewhere', async () => {
  const { code, stdout, stderr } = await cli('call', 'ask');
  const { id, status } = JSON.parse(stdout);
  expect(status).toBe('InputRequired');
  expect(stderr).toContain(`waits for an answer (size). Give it: asya-gateway jobs answer ${id}`);
  expect(code).toBe(6);

  expect((await cli('jobs', 'answer', id)).code).toBe(6);
  const unknown = await cli('jobs', 'answer', id, 'siz.width=3');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('it asks for size')]);
  const wrong = await cli('jobs', 'answer', id, 'size.width=0');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('width must be')]);
  expect((await cli('jobs', 'answer', id, 'size.width=300')).code).toBe(0);
  const watched = await cli('jobs', 'watch', id);
  const updates = watched.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(updates.map(({ seq }) => seq)).toEqual(updates.map((_, i) => i + 1));
  expect(updates.at(-1)).toMatchObject({
    status: 'Succeeded',
    result: { content: { width: 300 } },
  });
  expect(watched.code).toBe(0);
});

test('130: Ctrl-C lets go of the job, which goes on', async () => {
  const call = new CommandProcess(gateway.url, ['call', 'hang']);
  await call.says(/hanging/);
  call.child.kill('SIGINT');
  const { code, stderr } = await call.result;
  const [, id = ''] = /the job goes on: asya-gateway jobs watch (\S+)/.exec(stderr) ?? [];
  expect(code).toBe(130);
  const shown = await cli('jobs', 'show', id);
  expect(JSON.parse(shown.stdout).status).toBe('Running');
  await cli('jobs', 'cancel', id);
});

test('130: so does the end of --timeout', async () => {
  const { code, stderr } = await cli('call', 'hang', '--timeout', '0.5');
  expect(stderr).toContain('Not finished within 0.5 s');
  expect(code).toBe(130);
});

test('a gateway without the endpoint, and what is no gateway, are told apart', async () => {
  const older = await runCommand(`${gateway.url}/mcp`, ['tools', 'ls']);
  expect(older.stderr).toMatch(/has no GET \/tools: it is of another version .*\(\d+\.\d+\.\d+\)/);
  const page = await answering((_, response) => response.end('<html>'));
  expect((await runCommand(page.url, ['tools', 'ls'])).stderr).toContain('is not an Asya Gateway');
  const tls = await runCommand(gateway.url.replace('http:', 'https:'), ['tools', 'ls']);
  expect(tls.stderr).toContain('does not speak TLS');
  await page.close();
});

async function answering(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
