import { afterEach, describe, expect, test } from 'vitest';
import { AsyaProcess } from '../support/processes.ts';

/* What a process makes of its environment, apart from the values, which `src/config.test.ts` tests. */

let running: AsyaProcess | null = null;
afterEach(async () => {
  await running?.kill();
  running = null;
});

/** Starts a command that keeps everything in memory, on any free port. */
function start(args: readonly string[], env: Record<string, string>): AsyaProcess {
  running = new AsyaProcess(args, env);
  return running;
}

const inMemory = { ASYA_RABBITMQ_URL: 'memory:' };
const serve = ['serve', '--port', '0'];

test('a variable that is not read is logged, with the one that was probably meant', async () => {
  const gateway = start(serve, { ...inMemory, ASYA_DATABSE_URL: 'postgres://u:hunter2@db/asya' });
  await gateway.says(/"level":40.*ASYA_DATABSE_URL is not read: did you mean ASYA_DATABASE_URL\?/);
  await gateway.says(/listening on/);
  expect(gateway.output).not.toContain('hunter2');
});

test('nothing is logged of what a cluster sets for every pod', async () => {
  const gateway = start(serve, {
    ...inMemory,
    ASYA_GATEWAY_DB_HOST: 'db',
    ASYA_RABBITMQ_POOL_SIZE: '20',
    ASYA_GATEWAY_SERVICE_HOST: '10.0.0.1',
    ASYA_METRICS_PORT: 'tcp://10.0.0.1:80',
  });
  await gateway.says(/listening on/);
  expect(gateway.output).not.toContain('is not read');
  expect(gateway.output).not.toContain('metrics at');
});

test('a Service called asya-gateway sets no port of the gateway', async () => {
  // With another gateway on the default port this one would not start: the message names the port.
  const gateway = start(['serve'], { ...inMemory, ASYA_GATEWAY_PORT: 'tcp://10.0.0.1:80' });
  await gateway.says(/127\.0\.0\.1:8080|port 8080/);
});

test('dev takes an empty variable for none', async () => {
  const dev = start(['dev', '--port', '0'], { ASYA_RABBITMQ_URL: '', ASYA_CONFIG_PATH: '' });
  await dev.says(/Queues +in memory/);
  expect(dev.output).toMatch(/Tools +word_count/);
  expect(dev.output).toMatch(/Actors +\w/);
});

describe('another transport stops the start with the variable to set', () => {
  test.each([
    ['serve', ['serve', '--port', '0']],
    ['actor', ['actor', 'examples/actors.ts']],
  ])('%s', async (_name, args) => {
    const { code, output } = await start(args, { ASYA_SQS_ENDPOINT: 'http://sqs' }).exited;
    expect(code).toBe(1);
    expect(output).toMatch(/^ASYA_SQS_ENDPOINT: .* set ASYA_RABBITMQ_URL/);
  });
});
