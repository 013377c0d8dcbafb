/*
 * A gateway that keeps jobs and queues in memory, and a consumer that takes the jobs' messages and
 * leaves it at that: what is measured is the endpoint, and actors work elsewhere.
 */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { ToolSource } from '../../src/tools/tool-source.ts';
import { toolName } from '../load/traffic.ts';

const log = pino({ level: 'error' });
const path = fileURLToPath(new URL('tools.yaml', import.meta.url));
const config = readConfig({
  ASYA_RABBITMQ_URL: 'memory:',
  ASYA_GATEWAY_PORT: '0',
  // The SDK's server has one tool, too.
  ASYA_JOB_TOOLS: 'false',
  ASYA_CONFIG_PATH: path,
});
const gateway = createGateway({
  config,
  access: null,
  tools: new ToolSource({ path, log }),
  version: '0.0.0',
  log,
  onFatal: (error) => {
    throw error;
  },
});
await gateway.start();
const actors = await gateway.connectActors();
await actors.consume(toolName, 1_000, async () => {});
console.log(`listening on ${gateway.url}`);
process.on('SIGTERM', () => process.exit(0));
