import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandProcess } from '../../support/clients/command.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { AsyaProcess, startActors, startGateway } from '../../support/processes.ts';
import { ScratchBroker } from '../../support/scratch-broker.ts';

const actorsFile = fileURLToPath(new URL('../../support/pipeline-actors.ts', import.meta.url));

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  const steps = ['first', 'second', 'third'].map((step) => broker.step(step));
  directory = await mkdtemp(join(tmpdir(), 'asya-cli-'));
  const tools = join(directory, 'tools.yaml');
  await writeFile(
    tools,
    `tools: [{ name: pipeline, description: d, parameters: { ms: { type: integer } }, route: [${steps.join(', ')}] }]`,
  );
  env = {
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    TEST_STEP_PREFIX: broker.exchange,
  };
});

afterAll(async () => {
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

test('call goes on by itself after its gateway was killed and started again', async () => {
  const first = await startGateway(env);
  const actors = await startActors(actorsFile, env);
  const call = new CommandProcess(first.url, ['call', 'pipeline', 'ms=2000']);
  await call.says(/first is at work/);
  await first.process.kill();
  await call.says(/Trying again/);
  const second = new AsyaProcess(['serve', '--port', new URL(first.url).port], env);
  const { code, stdout, stderr } = await call.result;
  expect(stderr).toContain('The gateway is back.');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'Succeeded',
    result: { trail: ['first', 'second', 'third'] },
  });
  expect(code).toBe(0);
  const jobs = await fetch(`${first.url}/jobs`).then((response) => response.json());
  expect(jobs).toMatchObject({ jobs: [{ tool: 'pipeline' }] });
  await Promise.all([second.stop(), actors.stop()]);
});
