import { afterEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { eventIdsOf } from '../../../src/mcp/calls/call-stream.ts';
import { listedJobs } from '../../support/jobs.ts';
import { begin, rest } from '../../support/clients/mcp-stream.ts';
import { readEvents } from '../../support/clients/sse-client.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';

/* No actor runs here: the tests say what happens to a job, and when. */

let gateway: McpGateway;

afterEach(() => gateway.close());

async function start(jobTools = true): Promise<void> {
  gateway = await startMcpGateway({
    jobTools,
    tools: [
      anyTool('wait', { mode: 'wait' }),
      anyTool('hybrid', { mode: 'hybrid', progress: false, metadata: { team: 'vision' } }),
      anyTool('brief', { mode: 'hybrid', waitSeconds: 0.02 }),
    ],
  });
}

function step(stepStatus: 'received' | 'processing' | 'completed'): JobEvent {
  return {
    type: 'progress',
    step: 'wait',
    stepIndex: 0,
    totalSteps: 1,
    stepStatus,
    message: stepStatus,
  };
}

function progress(percent: number, message: string) {
  return {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 7, progress: percent, total: 100, message },
  };
}

const done: JobEvent = { type: 'succeeded', result: 'done' };

async function onlyJobId(): Promise<string> {
  const [job] = await listedJobs(gateway.store);
  return job?.id ?? '';
}

describe('a waited-for call', () => {
  test('streams progress and then the response, each with its place in the history', async () => {
    await start();
    const response = await gateway.post(callOf('wait', {}, { progressToken: 7 }));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const { events, priming, jobId } = await begin(response);
    const ids = eventIdsOf({ jobId, requestId: 1, progressToken: 7, patience: null });
    expect(priming).toEqual({ event: null, id: ids?.(1), data: '', retry: '2000' });

    for (const event of [step('received'), step('processing'), done]) {
      await gateway.events.apply(jobId, event);
    }
    expect(await rest(events)).toEqual([
      { id: ids?.(2), message: progress(10.000002, 'received') },
      { id: ids?.(3), message: progress(50.000003, 'processing') },
      {
        id: ids?.('end'),
        message: {
          jsonrpc: '2.0',
          id: 1,
          result: { content: [{ type: 'text', text: 'done' }], isError: false },
        },
      },
    ]);
  });

  test('tells no progress to a caller that gave no token', async () => {
    await start();
    const { events, jobId } = await begin(await gateway.post(callOf('wait')));
    for (const event of [step('received'), done]) await gateway.events.apply(jobId, event);
    expect(await rest(events)).toMatchObject([{ message: { id: 1 } }]);
  });

  test('begins with an empty event only in 2025-11-25', async () => {
    await start();
    const response = await gateway.post(callOf('wait'), { 'mcp-protocol-version': '2025-06-18' });
    const jobId = await onlyJobId();
    await gateway.events.apply(jobId, done);
    expect(await rest(readEvents(response))).toMatchObject([{ message: { result: {} } }]);
  });

  test('is answered with JSON where no stream is accepted', async () => {
    await start();
    const answer = gateway.post(callOf('brief'), { accept: 'application/json' });
    const response = await answer;
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ id: 1, result: { isError: false } });
  });

  test('goes on when its client is gone', async () => {
    await start();
    const client = new AbortController();
    const closed = new Promise((resolve) => {
      gateway.app.server.once('request', (_request, sent) => sent.once('close', resolve));
    });
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify(callOf('wait')),
      signal: client.signal,
    });
    const { jobId } = await begin(response);
    client.abort();
    await closed;
    await gateway.events.apply(jobId, step('received'));
    expect(await gateway.jobs.get(jobId)).toMatchObject({ status: 'Running' });
  });

  test('of a batch is answered as it comes', async () => {
    await start();
    const response = await gateway.post([rpc('ping', undefined, 'p'), callOf('wait')], {
      'mcp-protocol-version': '2025-03-26',
    });
    const events = readEvents(response);
    expect(JSON.parse((await events.next()).value?.data ?? '')).toMatchObject({ id: 'p' });
    await gateway.events.apply(await onlyJobId(), done);
    expect(await rest(events)).toMatchObject([{ message: { id: 1, result: {} } }]);
  });
});

describe('a hybrid call that takes too long', () => {
  test('gives the handle and names job_wait', async () => {
    await start();
    const { events, jobId } = await begin(await gateway.post(callOf('brief')));
    const handle = {
      job_id: jobId,
      envelope_id: jobId,
      message: `Job created successfully with ID: ${jobId}`,
      status_url: `/jobs/${jobId}`,
      stream_url: `/jobs/${jobId}/stream`,
    };
    const [{ message } = { message: null }] = await rest(events);
    expect(message).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [
          { type: 'text', text: JSON.stringify(handle) },
          { type: 'text', text: expect.stringContaining('call job_wait with this job_id') },
        ],
        structuredContent: handle,
        isError: false,
      },
    });
  });

  test('gives the handle alone where job_wait is not offered', async () => {
    await start(false);
    const { events } = await begin(await gateway.post(callOf('brief')));
    const [{ message } = { message: null }] = await rest(events);
    expect(message).toMatchObject({ result: { content: [{ type: 'text' }], isError: false } });
  });
});

describe('a gateway that stops', () => {
  test('answers a hybrid call with its handle', async () => {
    await start();
    const { events, jobId } = await begin(await gateway.post(callOf('hybrid')));
    gateway.closing.abort();
    expect(await rest(events)).toMatchObject([
      {
        message: {
          result: {
            structuredContent: {
              job_id: jobId,
              status_url: `/jobs/${jobId}`,
              metadata: { team: 'vision' },
            },
          },
        },
      },
    ]);
  });

  test('ends the stream of a call that waits for its result, for the client to resume', async () => {
    await start();
    const { events } = await begin(await gateway.post(callOf('wait')));
    gateway.closing.abort();
    expect(await rest(events)).toEqual([]);
  });

  test.each([
    ['a version that resumes nothing', { 'mcp-protocol-version': '2025-06-18' }],
    ['a caller that takes no stream', { accept: 'application/json' }],
  ])('tells %s which job to ask for', async (_name, headers) => {
    await start();
    const answer = gateway.post(callOf('wait'), headers);
    await expect.poll(onlyJobId).not.toBe('');
    const jobId = await onlyJobId();
    gateway.closing.abort();
    expect(await (await answer).text()).toContain(
      JSON.stringify({ code: 'gateway_closing', job_id: jobId }),
    );
  });
});
