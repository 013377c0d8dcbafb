/*
 * `npm run demo`: starts a gateway with the example tools and actors, calls a tool over MCP as any
 * client would, and shows the work's progress, its result and the job behind it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { ProgressBar } from '../src/cli/terminal/progress-bar.ts';

const timeoutMs = 60_000;
const call = {
  name: 'make_poster',
  arguments: { title: 'Hello, Asya!', subtitle: 'made by three actors, one after the other' },
};

const timeLimit = AbortSignal.timeout(timeoutMs);
try {
  await demo();
} catch (error) {
  const reason = timeLimit.aborted ? `not done within ${timeoutMs / 1000} s` : error;
  console.error(`\nThe demo failed: ${reason instanceof Error ? reason.message : String(reason)}`);
  process.exitCode = 1;
}

async function demo(): Promise<void> {
  headline('Starting a gateway, its actors and its queues in one process');
  const gateway = startGateway();
  try {
    const url = await address(gateway);
    console.log(`  ${url}/mcp`);
    await useTools(url);
  } finally {
    await stop(gateway);
  }
  console.log();
}

async function useTools(url: string): Promise<void> {
  const client = new Client({ name: 'asya-demo', version: '1.0.0' });
  // The SDK's transport class does not fit its own interface under exactOptionalPropertyTypes.
  const transport: unknown = new StreamableHTTPClientTransport(new URL('/mcp', url));
  await client.connect(transport as Parameters<Client['connect']>[0], { signal: timeLimit });
  try {
    headline('Its tools');
    const { tools } = await client.listTools({}, { signal: timeLimit });
    for (const { name, description = '' } of tools) {
      console.log(`  ${name.padEnd(16)} ${shortened(description)}`);
    }

    headline(`Calling ${call.name}: a job that visits three actors`);
    const bar = new ProgressBar(process.stdout);
    const result = await client.callTool(call, CallToolResultSchema, {
      signal: timeLimit,
      onprogress: ({ progress, total = 100, message = '' }) => bar.show(progress / total, message),
    });
    const text = textOf(result);
    bar.show(1, 'Done');
    bar.end();
    console.log(`\n${text}`);

    headline('The job behind it');
    await showNewestJob(url);
  } finally {
    await client.close();
  }
}

/** Variables of the gateway that are set in this shell are left out: the demo is the same everywhere. */
function startGateway(): ChildProcess {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
  const options = ['--tools', 'examples/tools.yaml', '--actors', 'examples/actors.ts'];
  return spawn(process.execPath, ['bin/asya-gateway.js', 'dev', ...options, '--port', '0'], {
    cwd: resolve(import.meta.dirname, '..'),
    env: { ...Object.fromEntries(env), ASYA_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Where the gateway says it listens. */
async function address({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the gateway has no output');
  for await (const line of createInterface({ input: stdout, signal: timeLimit })) {
    const url = /^Listening on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      stdout.resume();
      return url;
    }
  }
  throw new Error('the gateway stopped before it listened');
}

async function stop(gateway: ChildProcess): Promise<void> {
  if (gateway.exitCode !== null || gateway.signalCode !== null) return;
  const gone = once(gateway, 'exit');
  gateway.kill('SIGTERM');
  const impatience = setTimeout(() => gateway.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(impatience);
}

function textOf(result: Awaited<ReturnType<Client['callTool']>>): string {
  const { content, isError } = CallToolResultSchema.parse(result);
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
  if (isError === true) throw new Error(`the tool answered with an error: ${text}`);
  return text;
}

/** The answer to a call is the tool's own; the list of jobs, newest first, knows which job it was. */
async function showNewestJob(url: string): Promise<void> {
  const { jobs } = await getJson(`${url}/jobs?limit=1`);
  const [newest] = Array.isArray(jobs) ? jobs : [];
  const path = `/jobs/${String(Object(newest).id)}`;
  const job = await getJson(`${url}${path}`);
  const ms = Date.parse(String(job['finished_at'])) - Date.parse(String(job['created_at']));
  console.log(`  GET ${path}`);
  console.log(`  status   ${String(job['status'])}`);
  console.log(`  steps    ${String(job['steps_completed'])} of ${String(job['total_steps'])}`);
  console.log(`  time     ${(ms / 1000).toFixed(1)} s`);
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal: timeLimit });
  if (!response.ok) throw new Error(`GET ${url} was answered with ${response.status}`);
  return Object(await response.json());
}

function headline(text: string): void {
  console.log(`\n${process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text}`);
}

/** Its first sentence, as far as a line of a terminal holds it. */
function shortened(description: string): string {
  const sentence = description.replace(/(?<=\.)\s.*/s, '');
  return sentence.length <= 60 ? sentence : `${sentence.slice(0, 59)}…`;
}
