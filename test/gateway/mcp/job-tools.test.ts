import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../../src/jobs/job.ts';
import { readEvents } from '../../support/clients/sse-client.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';

let gateway: McpGateway;
let job: Job;

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [anyTool('enhance_image', { waitSeconds: 0.05 })],
    jobRetentionSeconds: 7 * 86_400,
  });
  job = await gateway.submit();
});

afterEach(() => gateway.close());

async function call(name: string, args: object) {
  const response = await gateway.post(callOf(name, args), { accept: 'application/json' });
  return response.json();
}

function succeed() {
  return gateway.events.apply(job.id, { type: 'succeeded', result: { answer: 42 } });
}

const result = { structuredContent: { answer: 42 }, isError: false };

describe('job_status', () => {
  test('tells how far a job has come', async () => {
    await gateway.events.apply(job.id, {
      type: 'heartbeat',
      actorName: 'download',
      stepStatus: 'received',
      message: 'on it',
    });
    expect(await call('job_status', { job_id: job.id })).toMatchObject({
      result: {
        structuredContent: {
          job_id: job.id,
          status: 'Running',
          message: 'on it',
          progress_percent: 5,
          current_step: 'download',
          steps_completed: 0,
          total_steps: 2,
        },
        isError: false,
      },
    });
  });
});

describe('job_wait', () => {
  test('gives the result of a finished job', async () => {
    await succeed();
    expect(await call('job_wait', { job_id: job.id })).toMatchObject({ result });
  });

  test('waits for the result', async () => {
    const response = await gateway.post(callOf('job_wait', { job_id: job.id }));
    const events = readEvents(response);
    const priming = (await events.next()).value;
    expect(priming).toMatchObject({ id: expect.stringContaining(`${job.id}.1.`), data: '' });
    await succeed();
    const { data } = (await events.next()).value ?? {};
    expect(JSON.parse(data ?? '')).toMatchObject({ result });
  });

  test.each([{}, { seconds: 0 }, { seconds: 1_000 }])(
    'gives the status if it takes longer than the tool waits: %j',
    async (options) => {
      expect(await call('job_wait', { job_id: job.id, ...options })).toMatchObject({
        result: { structuredContent: { job_id: job.id, status: 'Pending' }, isError: false },
      });
    },
  );
});

describe('job_result', () => {
  test('is the one that tools/call gives', async () => {
    await succeed();
    expect(await call('job_result', { job_id: job.id })).toMatchObject({ result });
  });

  test('of an unfinished job is an error to learn from', async () => {
    expect(await call('job_result', { job_id: job.id })).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('job_wait') }] },
    });
  });
});

describe('job_cancel', () => {
  test('cancels, and again', async () => {
    const cancelled = { structuredContent: { status: 'Cancelled', reason: 'CancelledByClient' } };
    const args = { job_id: job.id, reason: 'not needed' };
    expect(await call('job_cancel', args)).toMatchObject({ result: cancelled });
    expect(await call('job_cancel', args)).toMatchObject({ result: cancelled });
    expect(await gateway.jobs.get(job.id)).toMatchObject({ error: 'not needed' });
  });

  test('does nothing to a finished job', async () => {
    await succeed();
    expect(await call('job_cancel', { job_id: job.id })).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('Succeeded') }] },
    });
  });
});

describe.each(['job_status', 'job_wait', 'job_result', 'job_cancel'])('%s', (name) => {
  test('of an unknown job says so, and how long jobs are kept', async () => {
    const text = name === 'job_cancel' ? 'No job' : 'kept for 7 days';
    expect(await call(name, { job_id: 'nobody' })).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining(text) }] },
    });
  });

  test.each([{}, { job_id: 1 }, { job_id: 'a b' }, { job_id: 'a\0' }, { job_id: 'a', more: 1 }])(
    'names what is wrong with %j',
    async (args) => {
      expect(await call(name, args)).toMatchObject({
        result: {
          isError: true,
          content: [{ text: expect.stringContaining(`Invalid arguments for ${name}: `) }],
        },
      });
    },
  );
});

test('the tools can be left out', async () => {
  const without = await startMcpGateway({ jobTools: false, tools: [] });
  const listed = await without.post(rpc('tools/list'));
  expect(await listed.json()).toMatchObject({ result: { tools: [] } });
  const called = await without.post(callOf('job_status', { job_id: job.id }));
  expect(await called.json()).toMatchObject({ error: { code: -32602 } });
  await without.close();
});
