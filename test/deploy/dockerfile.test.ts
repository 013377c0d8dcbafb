import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { noHelm, render } from './support/chart.ts';
import { readDockerfile, type Stage } from './support/dockerfile.ts';
import { find, podOf } from './support/objects.ts';

/*
 * What the chart and the image have to agree on. Whether the image builds takes an engine to tell.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));

let stages: readonly Stage[];
let gateway: Stage;
beforeAll(async () => {
  stages = readDockerfile(await readFile(join(root, 'deploy/Dockerfile'), 'utf8'));
  const last = stages.at(-1);
  if (last === undefined) throw new Error('the Dockerfile has no stage');
  gateway = last;
});

test('what a build does without a target is the gateway', () => {
  expect(gateway).toMatchObject({ name: 'gateway', directory: '/app', entrypoint: [] });
});

test('what is copied exists, and .dockerignore lets through that and nothing else', async () => {
  const sources = stages.flatMap(({ copied }) => copied.flatMap(({ sources }) => sources));
  for (const source of sources) await stat(join(root, source));
  const ignore = await readFile(join(root, '.dockerignore'), 'utf8');
  const allowed = ignore.split('\n').filter((line) => line.startsWith('!'));
  const outermost = sources.map((source) => source.split('/')[0]);
  expect(new Set(allowed.map((line) => line.slice(1)))).toEqual(new Set(outermost));
});

describe.skipIf(noHelm)('the chart', () => {
  test("runs the image's command, as the image's user", async () => {
    const pod = podOf(find(await render({}), 'Deployment', 'asya-gateway'));
    const [container] = pod?.containers ?? [];
    expect([...(container?.command ?? []), ...(container?.args ?? [])]).toEqual(gateway.command);
    expect(gateway.user).toBe(
      `${pod?.securityContext?.runAsUser}:${pod?.securityContext?.runAsUser}`,
    );
  });

  test("runs the example actors as Compose's file does", async () => {
    const objects = await render({ examples: { enabled: true } });
    const pod = podOf(find(objects, 'Deployment', 'asya-gateway-examples'));
    const [{ command = [], args = [] } = {}] = pod?.containers ?? [];
    const compose = await readFile(join(root, 'deploy/compose.yaml'), 'utf8');
    expect(compose).toContain(`command: [${[...command, ...args].join(', ')}]`);
  });
});
