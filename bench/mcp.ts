/*
 * `make bench`: requests per second of the gateway's MCP endpoint and of the official SDK's HTTP
 * handler, measured in turns, because the machine is never the same twice.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer, type Server } from './mcp/server.ts';

const rounds = 5;
const seconds = 3;
const connections = 64;
const methods = ['tools/list', 'tools/call'];

interface Measurement {
  readonly server: string;
  readonly method: string;
  readonly perSecond: number;
  /** Of the server; null where the system does not tell. */
  readonly cpuMicrosPerRequest: number | null;
}

await using gateway = await startServer(
  'gateway',
  [here('../src/main.ts'), 'dev', '--port', '0', '--tools', here('mcp/tools.yaml')].concat(
    '--actors',
    here('mcp/actors.ts'),
  ),
  // The SDK's server has one tool, too.
  { ASYA_JOB_TOOLS: 'false' },
);
await using sdk = await startServer('sdk', [here('mcp/sdk-server.ts')]);

const measurements: Measurement[] = [];
for (let round = 0; round <= rounds; round++) {
  for (const method of methods) {
    for (const server of [gateway, sdk]) {
      const measurement = await measure(server, method);
      // The first round warms the compilers up.
      if (round > 0) measurements.push(measurement);
    }
  }
}

console.log(
  `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections, ` +
    `${availableParallelism()} cores, Node.js ${process.version}\n`,
);
console.log('| | Gateway | SDK | Ratio |\n| --- | --: | --: | --: |');
for (const method of methods) {
  const [ours, theirs] = [median(gateway, method), median(sdk, method)];
  row(`\`${method}\`, requests/s`, ours.perSecond, theirs.perSecond, 'more');
  if (ours.cpuMicros === null || theirs.cpuMicros === null) continue;
  row(`\`${method}\`, µs of CPU per request`, ours.cpuMicros, theirs.cpuMicros, 'less');
}

async function measure(server: Server, method: string): Promise<Measurement> {
  const before = await server.cpuMs();
  const load = [here('mcp/load.ts'), server.url, method, `${connections}`, `${seconds}`];
  const { stdout } = await promisify(execFile)(process.execPath, load);
  const { answers, perSecond } = JSON.parse(stdout) as { answers: number; perSecond: number };
  const after = await server.cpuMs();
  const cpuMicrosPerRequest =
    before === null || after === null ? null : ((after - before) * 1000) / answers;
  return { server: server.name, method, perSecond, cpuMicrosPerRequest };
}

function median({ name }: Server, method: string) {
  const ofBoth = measurements.filter((m) => m.server === name && m.method === method);
  const cpu = ofBoth.map((m) => m.cpuMicrosPerRequest).filter((micros) => micros !== null);
  return {
    perSecond: middle(ofBoth.map((m) => m.perSecond)),
    cpuMicros: cpu.length === 0 ? null : middle(cpu),
  };
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function row(what: string, ours: number, theirs: number, better: 'more' | 'less'): void {
  const ratio = better === 'more' ? ours / theirs : theirs / ours;
  console.log(`| ${what} | ${ours.toFixed(0)} | ${theirs.toFixed(0)} | ${ratio.toFixed(1)} |`);
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
