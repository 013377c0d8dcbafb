import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { postModern } from '../support/clients/modern-client.ts';
import { noHelm, render } from './support/chart.ts';
import type { ContainerProcess } from './support/container-process.ts';
import { buildImage, type Image } from './support/image.ts';
import { find } from './support/objects.ts';
import { Pod } from './support/pod.ts';

/*
 * `helm upgrade` with other tools, as a running gateway sees it: the kubelet swaps its ConfigMap. Jobs
 * and messages have no part in it, and stay in memory.
 */

const inMemory = { ASYA_DATABASE_URL: '', ASYA_RABBITMQ_URL: 'memory:', ASYA_METRICS_PORT: '' };

type Files = Readonly<Record<string, string>>;

const tool = (name: string): string => `  - { name: ${name}, description: d, route: [a] }\n`;

const withTools = (files: Files) =>
  render({ access: { open: true }, tools: { files }, config: { jobTools: false } });

describe.skipIf(noHelm)("tools in the chart's ConfigMap", () => {
  let image: Image;
  let pod: Pod;
  let gateway: ContainerProcess;
  let url: string;

  beforeAll(async () => {
    image = await buildImage();
  });

  beforeEach(async () => {
    const objects = await withTools({ 'tools.yaml': `tools:\n${tool('one')}` });
    pod = await Pod.of(find(objects, 'Deployment', 'asya-gateway'), {
      objects,
      directory: image.directory,
      env: {
        ASYA_GATEWAY_HOST: '127.0.0.1',
        ASYA_GATEWAY_PORT: '0',
        ASYA_ACTOR_PORT: '0',
        ...inMemory,
      },
    });
    gateway = pod.start('gateway');
    [, url = ''] = await gateway.says(/"listening on (http[^"]+)"/);
  });

  afterEach(() => pod[Symbol.asyncDispose]());
  afterAll(() => image.remove());

  async function upgrade(files: Files): Promise<void> {
    await pod.sync(await withTools(files));
  }

  async function listed(): Promise<string[]> {
    const response = await postModern(`${url}/mcp`, 'tools/list');
    const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
    return result.tools.map(({ name }) => name);
  }

  test('are listed without a restart, time and again', async () => {
    for (const name of ['two', 'three', 'four']) {
      await upgrade({ 'tools.yaml': `tools:\n${tool('one')}${tool(name)}` });
      await expect.poll(listed).toEqual(['one', name]);
    }
    expect(gateway.output.match(/tools loaded anew/g)).toHaveLength(3);
    expect(gateway.output.match(/listening on/g)).toHaveLength(1);
  });

  test('move to files of other names, and none is missed in between', async () => {
    await upgrade({
      'a.yaml': `tools:\n${tool('one')}`,
      'b.yml': `tools:\n${tool('two')}`,
    });
    await expect.poll(listed).toEqual(['one', 'two']);
    expect(gateway.output).not.toMatch(/cannot be/);
    expect(gateway.output.match(/tools loaded anew/g)).toHaveLength(1);
  });

  test('with a fault leave the old ones, say so by file and line, and can be mended', async () => {
    await upgrade({ 'tools.yaml': `tools:\n${tool('two')}  - { name: three, descripton: d }\n` });
    const [line] = await gateway.says(/.*the tools stay as they were.*/);
    expect(line).toMatch(/tools\.yaml:3:\d+ tools\[1\]\.descripton/);
    expect(await listed()).toEqual(['one']);
    await upgrade({ 'tools.yaml': 'tools: [' });
    await gateway.says(/tools stay as they were.*tools stay as they were/s);
    expect(await listed()).toEqual(['one']);
    await upgrade({ 'tools.yaml': `tools:\n${tool('two')}` });
    await expect.poll(listed).toEqual(['two']);
  });
});
