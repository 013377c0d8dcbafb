import { waitForOutcome } from '../../../src/calls/job-wait.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';
import { askModern, type Message } from '../../support/clients/modern-client.ts';
import { readEvents } from '../../support/clients/sse-client.ts';
import { patienceMs } from '../../support/patience.ts';

/* What a call gave is the same by whatever way it is read. */

let gateway: McpGateway;
let outcome: JobEvent;

beforeEach(async () => {
  gateway = await startMcpGateway({ tools: [anyTool('work', { mode: 'wait' })] });
  await gateway.actor('work', () => [outcome]);
});

afterEach(() => gateway.close());

async function lastOf(response: Response): Promise<Message> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.json();
  const events = await Array.fromAsync(readEvents(response));
  return JSON.parse(events.at(-1)?.data ?? '');
}

async function legacy(body: object): Promise<Message> {
  const { result, error } = await lastOf(await gateway.post(body));
  return result ?? error;
}

async function modern(method: string, params: Record<string, unknown>, tasks: boolean) {
  const { result, error } = await askModern(gateway.url, method, params, { tasks });
  return result ?? error;
}

/** A finished job that nobody waited for. */
async function finishedJob(): Promise<string> {
  const { taskId } = await modern('tools/call', { name: 'work' }, true);
  await waitForOutcome(gateway.jobs, taskId, { timeoutMs: patienceMs, stopOn: [] });
  return taskId;
}

/** Each calls the tool, and returns the result or the error. */
const ways: Readonly<Record<string, { read: () => Promise<Message> }>> = {
  'waited for': { read: () => legacy(callOf('work')) },
  'waited for, in 2026-07-28': { read: () => modern('tools/call', { name: 'work' }, false) },
  'tasks/get': {
    read: async () => {
      const task = await modern('tasks/get', { taskId: await finishedJob() }, true);
      return task.result ?? task.error;
    },
  },
  'tasks/result': {
    read: async () => legacy(rpc('tasks/result', { taskId: await finishedJob() })),
  },
  'tasks/result, waited for': {
    read: async () => {
      const { task } = await legacy(rpc('tools/call', { name: 'work', task: {} }));
      return legacy(rpc('tasks/result', { taskId: task.taskId }));
    },
  },
  job_result: { read: async () => legacy(callOf('job_result', { job_id: await finishedJob() })) },
  'job_result, in 2026-07-28': {
    read: async () => {
      const params = { name: 'job_result', arguments: { job_id: await finishedJob() } };
      return modern('tools/call', params, false);
    },
  },
  'POST /tools/call': {
    read: async () => {
      const response = await fetch(new URL('/tools/call', gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'wait=100' },
        body: JSON.stringify({ name: 'work' }),
      });
      const body: Message = await response.json();
      // A problem, where it is no result (RFC 9457).
      return response.ok ? body : { code: -32603, message: body.detail, data: dataOf(body) };
    },
  },
};

function dataOf({ job_id, reason }: Message): object {
  return { job_id, reason };
}

/** Without what a protocol version adds to every result, and the id, which differs. */
function bare(answer: Message): unknown {
  const { resultType: _, _meta, ...rest } = answer;
  const own = Object.entries(_meta ?? {}).filter(
    ([key]) => !key.startsWith('io.modelcontextprotocol/'),
  );
  const said = { ...rest, ...(own.length > 0 && { _meta: Object.fromEntries(own) }) };
  return JSON.parse(JSON.stringify(said).replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, 'id'));
}

const outcomes: Readonly<Record<string, { event: JobEvent; expected: unknown }>> = {
  'an object': {
    event: { type: 'succeeded', result: { n: 42 } },
    expected: {
      content: [{ type: 'text', text: '{"n":42}' }],
      structuredContent: { n: 42 },
      isError: false,
    },
  },
  'a result of the actor’s own': {
    event: {
      type: 'succeeded',
      result: { content: [{ type: 'text', text: 'a' }], isError: true, _meta: { 'a.b/c': 1 } },
    },
    expected: { content: [{ type: 'text', text: 'a' }], isError: true, _meta: { 'a.b/c': 1 } },
  },
  text: {
    event: { type: 'succeeded', result: { content: [{ type: 'text', text: 'plain' }] } },
    expected: { content: [{ type: 'text', text: 'plain' }] },
  },
  'a failure of the actor': {
    event: { type: 'failed', reason: 'ActorError', error: 'cannot', details: { type: 'E' } },
    expected: {
      content: [{ type: 'text', text: 'cannot' }],
      structuredContent: {
        job_id: 'id',
        reason: 'ActorError',
        error: 'cannot',
        error_details: { type: 'E' },
      },
      isError: true,
    },
  },
  'a failure of the infrastructure': {
    event: { type: 'failed', reason: 'Unroutable', error: 'nobody there', details: null },
    expected: {
      code: -32603,
      message: 'nobody there',
      data: { job_id: 'id', reason: 'Unroutable' },
    },
  },
  'a cancellation': {
    event: { type: 'cancelled', reason: 'CancelledByOperator', message: 'enough' },
    expected: {
      content: [{ type: 'text', text: 'enough' }],
      structuredContent: { job_id: 'id', reason: 'CancelledByOperator', error: 'enough' },
      isError: true,
    },
  },
};

describe.each(Object.entries(outcomes))('%s', (name, { event, expected }) => {
  // A cancelled task of 2026-07-28 has no result.
  const reading = Object.entries(ways).filter(
    ([way]) => name !== 'a cancellation' || way !== 'tasks/get',
  );

  test.each(reading)('%s', async (_way, { read }) => {
    outcome = event;
    expect(bare(await read())).toEqual(expected);
  });
});
