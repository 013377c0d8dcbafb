/*
 * `make bench`: measures every scenario, or those named, and writes their tables to
 * docs/performance.md. Finds or starts PostgreSQL, RabbitMQ and Sqitch like the tests do.
 *
 * Usage: node bench/bench.ts [scenario …] [--rounds N] [--seconds N] [--history JOBS] [--dry-run]
 */
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureService } from '../scripts/services.ts';
import { postgresql } from '../scripts/services/postgresql.ts';
import { rabbitmq } from '../scripts/services/rabbitmq.ts';
import { ensureSqitch } from '../scripts/services/sqitch.ts';
import type { Bench, Scenario } from './parts/bench.ts';
import { table, writeSection } from './parts/report.ts';
import type { Peer } from './parts/stand.ts';
import { callLatency } from './scenarios/call-latency.ts';
import { durableJobs } from './scenarios/durable-jobs.ts';
import { growth } from './scenarios/growth.ts';
import { history } from './scenarios/history.ts';
import { httpReports } from './scenarios/http-reports.ts';
import { mcp } from './scenarios/mcp.ts';
import { pipeline } from './scenarios/pipeline.ts';
import { queueReports } from './scenarios/queue-reports.ts';
import { start } from './scenarios/start.ts';
import { statusReads } from './scenarios/status-reads.ts';
import { streams } from './scenarios/streams.ts';

const scenarios: readonly Scenario[] = [
  durableJobs,
  callLatency,
  httpReports,
  queueReports,
  statusReads,
  streams,
  pipeline,
  start,
  mcp,
  growth,
  history,
];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    history: { type: 'string', default: '1000000' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(
    `no scenario is named ${unknown.join(', ')}, only: ${scenarios.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const backends = {
  databaseUrl: await ensureService(postgresql),
  rabbitmqUrl: await ensureService(rabbitmq),
};
await ensureSqitch();
const peer = readPeer();
const bench: Bench = {
  backends,
  peer,
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  historyJobs: Number(options.history),
  say: (line) => console.log(`    ${line}`),
};

let missed = 0;
for (const { name, title, run } of scenarios) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n${title} (${name})\n`);
  const [busy = 0] = loadavg();
  try {
    const figures = await run(bench);
    console.log(`\n${table(figures)}`);
    if (!options['dry-run']) await writeSection({ name, title, figures }, conditions(busy));
  } catch (error) {
    // One that fails leaves its table as it was, and the others go on.
    missed++;
    console.error(`${name} could not be measured:`, error);
  }
}
if (missed > 0) process.exitCode = 1;

function readPeer(): Peer | null {
  const { ASYA_PEER_GATEWAY: binary, ASYA_PEER_SCHEMA: schema } = process.env;
  if (binary === undefined || schema === undefined) {
    console.log(
      'No peer: ASYA_PEER_GATEWAY and ASYA_PEER_SCHEMA are not set (docs/performance.md says how to get it)',
    );
    return null;
  }
  return { binary, schema };
}

/** Under what the table was measured. @param busy the machine's load average before */
function conditions(busy: number): string {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const when = new Date().toISOString().slice(0, 10);
  return (
    `_${when}: ${bench.rounds} rounds, ${cpus().length} cores (${cpu?.model.trim()}), ${memory} GiB, ` +
    `Node.js ${process.version}; load average before: ${busy.toFixed(1)}` +
    `${peer === null ? '; without the peer' : ''}._`
  );
}
