import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryLog } from '../../test/support/memory-log.ts';
import { ToolSource } from './tool-source.ts';
import { ToolsFileError } from './tools-file.ts';

let directory: string;
let file: string;
let log: ReturnType<typeof memoryLog>;
let source: ToolSource | null = null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tools-'));
  file = join(directory, 'tools.yaml');
  log = memoryLog();
});

afterEach(async () => {
  vi.useRealTimers();
  await source?.stop();
  source = null;
  await rm(directory, { recursive: true });
});

/** Long enough that a test which passes was told by the watcher. */
const never = 10 * 60_000;

async function start(path: string, pollMs = never): Promise<ToolSource> {
  source = new ToolSource({ path, log: log.log, pollMs });
  await source.start();
  return source;
}

const tools = (...names: string[]): string =>
  `tools: [${names.map((name) => `{ name: ${name}, description: d, route: [a] }`).join(', ')}]`;

const namesOf = (from: ToolSource): string[] =>
  from
    .current()
    .list()
    .map(({ name }) => name);

function changed(from: ToolSource): Promise<void> {
  return new Promise((resolve) => {
    const stop = from.onChange(() => {
      stop();
      resolve();
    });
  });
}

describe('tools are loaded anew', () => {
  test('when their file is written', async () => {
    await writeFile(file, tools('one'));
    const source = await start(file);
    const change = changed(source);
    await writeFile(file, tools('one', 'two'));
    await change;
    expect(namesOf(source)).toEqual(['one', 'two']);
    expect(log.lines).toEqual(['{"tools":2} tools loaded anew']);
  });

  test('when another file is renamed over theirs, time and again', async () => {
    await writeFile(file, tools('one'));
    const source = await start(file);
    for (const name of ['two', 'three']) {
      const change = changed(source);
      await writeFile(`${file}.new`, tools(name));
      await rename(`${file}.new`, file);
      await change;
      expect(namesOf(source)).toEqual([name]);
    }
  });

  test('when a file is added to their directory', async () => {
    await writeFile(file, tools('one'));
    const source = await start(directory);
    const change = changed(source);
    await writeFile(join(directory, 'another.yml'), tools('two'));
    await change;
    expect(namesOf(source)).toEqual(['two', 'one']);
  });

  /** A ConfigMap's volume: the files are links through `..data`, which is itself a link. */
  async function mountConfigMap(): Promise<string> {
    const mount = join(directory, 'mount');
    await mkdir(join(mount, '..v1'), { recursive: true });
    await writeFile(join(mount, '..v1', 'tools.yaml'), tools('one'));
    await symlink('..v1', join(mount, '..data'));
    await symlink('..data/tools.yaml', join(mount, 'tools.yaml'));
    return mount;
  }

  async function swapConfigMap(mount: string): Promise<void> {
    await mkdir(join(mount, '..v2'));
    await writeFile(join(mount, '..v2', 'tools.yaml'), tools('two'));
    await symlink('..v2', join(mount, '..tmp'));
    await rename(join(mount, '..tmp'), join(mount, '..data'));
  }

  test('when the links of a mounted ConfigMap are swapped', async () => {
    const mount = await mountConfigMap();
    const source = await start(mount);
    const change = changed(source);
    await swapConfigMap(mount);
    await change;
    expect(namesOf(source)).toEqual(['two']);
  });

  test('by polling where no watcher sees the change', async () => {
    const mount = await mountConfigMap();
    // The watched directory holds nothing but a link that stays the same.
    const elsewhere = join(directory, 'elsewhere');
    await mkdir(elsewhere);
    const link = join(elsewhere, 'tools.yaml');
    await symlink('../mount/tools.yaml', link);
    const source = await start(link, 20);
    const change = changed(source);
    await swapConfigMap(mount);
    await change;
    expect(namesOf(source)).toEqual(['two']);
  });

  test('on request, changed or not', async () => {
    await writeFile(file, tools('one'));
    const source = new ToolSource({ path: file, log: log.log });
    const before = source.current();
    source.reload();
    expect(source.current()).not.toBe(before);
    expect(namesOf(source)).toEqual(['one']);
  });
});

describe('files that cannot be used', () => {
  test('stop the start', async () => {
    await writeFile(file, 'tools: 1');
    expect(() => new ToolSource({ path: file, log: log.log })).toThrow(ToolsFileError);
  });

  test('leave the tools as they were, and every fault is logged, once', async () => {
    await writeFile(file, tools('one'));
    const source = await start(file, 5);
    const before = source.current();
    let changes = 0;
    source.onChange(() => changes++);
    await writeFile(file, 'tools: [{ name: one, route: [], tiemout: 3 }]');
    await expect.poll(() => log.lines).toHaveLength(1);
    expect(source.current()).toBe(before);
    expect(log.lines[0]).toMatch(/tools\.yaml:1:\d+ tools\[0\]\.route: /);
    expect(log.lines[0]).toMatch(/tools\.yaml:1:\d+ tools\[0\]\.tiemout: /);
    expect(changes).toBe(0);

    const change = changed(source);
    await writeFile(file, tools('two'));
    await change;
    expect(namesOf(source)).toEqual(['two']);
    expect(log.lines).toHaveLength(2);
  });

  test('include files that are gone', async () => {
    await writeFile(file, tools('one'));
    const source = await start(file);
    const gone = source.current();
    await rm(file);
    await expect.poll(() => log.lines.join()).toMatch(/tools\.yaml: cannot be read/);
    expect(source.current()).toBe(gone);
  });
});

test('a file that is still being written is not taken', async () => {
  await writeFile(file, tools('one'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const source = await start(file, 50);
  const offered: string[][] = [];
  source.onChange(() => offered.push(namesOf(source)));
  // As an editor does: empty first, and empty still when it is looked at.
  writeFileSync(file, '');
  await vi.advanceTimersByTimeAsync(50);
  writeFileSync(file, tools('two'));
  await vi.advanceTimersByTimeAsync(200);
  expect(offered).toEqual([['two']]);
});

test('no file at all is no tools, and nothing is watched', async () => {
  source = new ToolSource({ path: null, log: log.log });
  await source.start();
  source.reload();
  expect(namesOf(source)).toEqual([]);
});
