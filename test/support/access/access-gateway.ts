import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { AccessSource } from '../../../src/access/access-source.ts';
import { runActors } from '../../../src/actor/run-actors.ts';
import type { Actor } from '../../../src/actor/actor.ts';
import { readConfig } from '../../../src/config.ts';
import { createGateway, type Gateway } from '../../../src/gateway.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ToolSource } from '../../../src/tools/tool-source.ts';
import { replaceFile } from '../replace-file.ts';

export const resource = 'https://asya.example/mcp';

const tools = `
tools:
  - { name: shrink, description: Shrink, route: [shrink], mode: wait, timeout: 60 }
  - { name: slow, description: Slow, route: [nobody], mode: handle, timeout: 600 }
  - { name: draw, description: Draw, route: [shrink], mode: wait, scopes: [images] }
  - { name: asking, description: Ask, route: [ask], mode: handle, timeout: 600 }
  - { name: asking_first, description: Ask, route: [ask], mode: wait, timeout: 600, task_support: forbidden }
`;

interface AccessGatewayOptions {
  /** The access file; may use the keys. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly actors?: readonly Actor[];
}

/** A gateway in this process that asks who calls, with a listener for actors. */
export async function startAccessGateway({ file, env = {}, actors = [] }: AccessGatewayOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'asya-access-'));
  const path = join(folder, 'access.yaml');
  await writeFile(path, file);
  await writeFile(join(folder, 'tools.yaml'), tools);
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const config = readConfig({
    ASYA_RABBITMQ_URL: 'memory:',
    ASYA_GATEWAY_PORT: '0',
    ASYA_METRICS_PORT: '0',
    ASYA_ACTOR_PORT: '0',
    ASYA_SECRET: 'of the test, and long',
    ASYA_ALLOWED_ORIGINS: 'https://page.example',
    ...env,
  });
  const source = new ToolSource({ path: join(folder, 'tools.yaml'), log });
  const access = new AccessSource({ path, clock: systemClock, log, pollMs: 200 });
  const gateway: Gateway = createGateway({
    config,
    tools: source,
    access,
    version: '1',
    log,
    onFatal: (error) => {
      throw error;
    },
  });
  await gateway.start();
  const running = await runActors(actors, await gateway.connectActors(), { log });
  const url = gateway.url ?? '';
  return {
    url,
    actorUrl: gateway.actorUrl ?? '',
    /** What was logged. */
    lines,
    metricsUrl: /metrics at (http[^"]+)/.exec(lines.join(''))?.[1] ?? '',
    access,
    path,
    /** Replaces the access file, and waits until it was looked at. */
    async rewrite(text: string | null): Promise<void> {
      const before = access.current();
      if (text === null) await rm(path);
      else await replaceFile(path, text);
      const isDone = (): boolean => access.current() !== before || !access.usable;
      while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async stop(): Promise<void> {
      await running.close();
      await gateway.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export type AccessGateway = Awaited<ReturnType<typeof startAccessGateway>>;

/** The headers of somebody who has a key or a token. */
export function as(credential: string): Record<string, string> {
  return { authorization: `Bearer ${credential}` };
}
