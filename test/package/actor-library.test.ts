import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeEnvelope } from '../../src/wire/envelope-codec.ts';
import { anEnvelope } from '../support/actor-gateway.ts';
import { outputOf } from '../support/child.ts';
import { AsyaProcess } from '../support/processes.ts';
import { RabbitSandbox } from '../support/rabbitmq.ts';
import { services } from '../support/services.ts';

/*
 * The package as users have it: packed, unpacked into the project of somebody else, and imported by
 * its name. That project's other packages are this checkout's.
 */

const checkout = resolve(import.meta.dirname, '../..');

let directory: string;
let project: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-package-'));
  project = join(directory, 'project');
  const tarball = await pack();
  const home = join(project, 'node_modules/asya-gateway');
  await mkdir(home, { recursive: true });
  await outputOf('tar', ['-xzf', tarball, '-C', home, '--strip-components', '1']);
  const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(checkout, 'node_modules', name), link);
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
});

afterAll(() => rm(directory, { recursive: true }));

/** Packs a copy, so that no `dist` appears in the checkout while other tests run. */
async function pack(): Promise<string> {
  const source = join(directory, 'source');
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md']) {
    await cp(join(checkout, name), join(source, name));
  }
  for (const name of ['bin', 'db', 'examples', 'exports', 'src']) {
    await cp(join(checkout, name), join(source, name), { recursive: true });
  }
  await symlink(join(checkout, 'node_modules'), join(source, 'node_modules'));
  await outputOf('npm', ['pack', '--pack-destination', directory], { cwd: source });
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'));
  return join(directory, tarball ?? 'no tarball');
}

const files = {
  'package.json': '{"type": "module"}',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      types: ['node'],
      strict: true,
      noEmit: true,
      erasableSyntaxOnly: true,
    },
  }),
  'program.ts': `
    import { actor, run, type ActorContext } from 'asya-gateway/actor';

    async function double({ n }: { n: number }, { progress, signal }: ActorContext) {
      await progress(50, 'Doubling');
      return { n: n * 2, aborted: signal.aborted };
    }
    await run(actor(process.env.TEST_STEP ?? '', double, { concurrency: 2, retries: 1 }));
    console.log('drained');
  `,
  'wrong.ts': `
    import { actor } from 'asya-gateway/actor';
    // @ts-expect-error: a handler is a function
    actor('double', 'no function');
    // @ts-expect-error: there is no such option
    actor('double', () => 1, { retires: 1 });
  `,
};

test('its types fit a strict project', async () => {
  const tsc = join(checkout, 'node_modules/.bin/tsc');
  expect(await outputOf(process.execPath, [tsc], { cwd: project })).toBe('');
});

test('a program of actors works with it, drains and ends on SIGTERM', async () => {
  await using sandbox = await RabbitSandbox.open();
  const step = sandbox.name('double');
  const reports = await sandbox.queue('reports');
  const env = {
    ASYA_RABBITMQ_URL: services.rabbitmqUrl,
    ASYA_RABBITMQ_EXCHANGE: sandbox.exchange,
    TEST_STEP: step,
  };
  const program = new AsyaProcess([], env, join(project, 'program.ts'));
  await program.says(/actors are waiting for work/);
  const body = encodeEnvelope(anEnvelope({ steps: [step] }));
  await sandbox.send(step, body, { replyTo: reports });
  const told = [];
  for (let i = 0; i < 3; i++) told.push(JSON.parse(String((await sandbox.take(reports)).body)));
  expect(told).toMatchObject([
    { type: 'progress', status: 'received' },
    { type: 'progress', status: 'processing', percent: 50, message: 'Doubling' },
    { type: 'final', job_id: 'job-1', status: 'succeeded', result: { n: 42, aborted: false } },
  ]);
  const { code, output } = await program.stop();
  expect(output).toContain('drained');
  expect(code).toBe(0);
});

test('its command serves the examples, which import it by its name', async () => {
  const command = join(project, 'node_modules/asya-gateway/bin/asya-gateway.js');
  const gateway = new AsyaProcess(['dev', '--port', '0'], {}, command);
  const [, url = ''] = await gateway.says(/Listening on (\S+)/);
  const response = await fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=100' },
    body: '{"name": "word_count", "arguments": {"text": "one two"}}',
  });
  expect(await response.json()).toMatchObject({ structuredContent: { words: 2 } });
  expect((await gateway.stop()).code).toBe(0);
});
