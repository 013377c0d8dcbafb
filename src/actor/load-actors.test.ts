import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actor } from './actor.ts';
import { ActorsFileError, loadActors } from './load-actors.ts';

const library = new URL('actor.ts', import.meta.url).href;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asya-actors-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function load(name: string, source: string) {
  const path = join(folder, name);
  await writeFile(path, `import { actor } from ${JSON.stringify(library)};\n${source}`);
  return loadActors(path);
}

describe('loadActors', () => {
  it('reads a module of actors, with types', async () => {
    const actors = await load(
      'good.ts',
      `const resize = actor('resize', ({ width }: { width: number }) => width * 2);
       export default [resize, actor('store', () => null, { concurrency: 8 })];`,
    );
    expect(actors).toMatchObject([
      { step: 'resize', concurrency: 1, heartbeatMs: 10_000 },
      { step: 'store', concurrency: 8 },
    ]);
  });

  it('reads a module of one actor', async () => {
    const actors = await load('one.ts', `export default actor('resize', () => 1);`);
    expect(actors).toMatchObject([{ step: 'resize' }]);
  });

  it('reads the examples', async () => {
    const actors = await loadActors('examples/actors.ts');
    expect(actors.map(({ step }) => step)).toEqual([
      'count-words',
      'lay-out',
      'set-type',
      'frame',
      'break-down',
    ]);
  });

  it.each([
    ['no-default.ts', `export const resize = actor('resize', () => 1);`, 'no default export'],
    ['none.ts', `export default [];`, 'at least one'],
    ['other.ts', `export default [actor('a', () => 1), { step: 'b' }, 3];`, 'item 1 is not'],
    ['null.ts', `export default [null];`, 'item 0 is not'],
    ['twice.ts', `export default [actor('a', () => 1), actor('a', () => 2)];`, 'step "a"'],
    ['throws.ts', `throw new Error('bad day');`, 'cannot be loaded: bad day'],
    ['bad-step.ts', `export default [actor('a b', () => 1)];`, 'step "a b" must be'],
  ])('names what is wrong with %s', async (name, source, fault) => {
    const loading = load(name, source);
    await expect(loading).rejects.toThrow(ActorsFileError);
    await expect(loading).rejects.toThrow(name);
    await expect(loading).rejects.toThrow(fault);
  });

  it('says so where there is no file', async () => {
    await expect(loadActors(join(folder, 'absent.ts'))).rejects.toThrow('there is no such file');
    await expect(loadActors(folder)).rejects.toThrow('there is no such file');
  });
});

describe('actor', () => {
  it.each([
    ['', {}],
    ['every.*', {}],
    ['a', { concurrency: 0 }],
    ['a', { concurrency: 1.5 }],
    ['a', { concurrency: 65_536 }],
    ['a', { retries: -1 }],
    ['a', { retries: 0.5 }],
    ['a', { retryDelayMs: -1 }],
    ['a', { heartbeatMs: 0 }],
    ['a', { heartbeatMs: NaN }],
  ])('refuses step "%s" with %o', (step, options) => {
    expect(() => actor(step, () => null, options)).toThrow(RangeError);
  });
});
