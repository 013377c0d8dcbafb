import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClientCapability } from '../../../src/mcp/calls/client-capabilities.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';
import { begin, next, rest } from '../../support/clients/mcp-stream.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';

let gateway: McpGateway;
let outage: OutageStore;
let session: Record<string, string>;
let now: number;

beforeEach(async () => {
  now = Date.now();
  gateway = await startMcpGateway({
    clock: () => now,
    tools: [
      anyTool('wait', { mode: 'wait' }),
      anyTool('hybrid', { mode: 'hybrid', waitSeconds: 25 }),
      anyTool('handle', { mode: 'handle' }),
    ],
    wrapStore: (store) => {
      outage = withOutages(store);
      return outage.store;
    },
  });
  session = gateway.sessionHeaders();
});

afterEach(() => gateway.close());

/** A call whose stream is open. */
async function call(id: string | number, tool = 'wait', headers = session) {
  return begin(await gateway.post({ ...callOf(tool), id }, headers));
}

function cancel(requestId: unknown, headers = session, reason?: unknown): Promise<Response> {
  const params = { requestId, ...(reason !== undefined && { reason }) };
  return gateway.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, headers);
}

async function statusOf(jobId: string): Promise<string | undefined> {
  return (await gateway.jobs.get(jobId))?.status;
}

describe('notifications/cancelled', () => {
  test('cancels the job of the request, whose stream ends without a response', async () => {
    const { events, lastEventId, jobId } = await call(7);
    const accepted = await cancel(7, session, 'changed my mind');
    expect(accepted.status).toBe(202);
    expect(await gateway.jobs.get(jobId)).toMatchObject({
      status: 'Cancelled',
      reason: 'CancelledByClient',
      error: expect.stringContaining('changed my mind'),
    });
    expect(await rest(events)).toEqual([]);
    // Nor does the client get one by resuming it; and it is told not to try again.
    const again = await gateway.get({ ...session, 'last-event-id': lastEventId });
    expect(again.status).toBe(204);
  });

  test('means the request of that very id and session', async () => {
    const other = gateway.sessionHeaders();
    const calls = await Promise.all([call(7), call('7'), call(8), call(7, 'wait', other)]);
    await cancel(7);
    const statuses = calls.map(({ jobId }) => statusOf(jobId));
    expect(await Promise.all(statuses)).toEqual(['Cancelled', 'Pending', 'Pending', 'Pending']);
    await Promise.all(calls.map(({ events }) => events.return(undefined)));
  });

  test('ends a call that is answered with JSON as well', async () => {
    const json = { ...session, accept: 'application/json' };
    const answer = gateway.post({ ...callOf('wait'), id: 7 }, json);
    const id = gateway.sessions.read(session['mcp-session-id'] ?? '');
    if (id === null) throw new Error('no session');
    await expect.poll(() => statusOf(gateway.sessions.jobIdOf(id, 7))).toBe('Pending');
    await cancel(7);
    expect((await answer).status).toBe(204);
  });

  test('of a request whose id was used before leaves the later one alone', async () => {
    const first = await call(7);
    const second = await call(7);
    expect(second.jobId).not.toBe(first.jobId);
    await cancel(7);
    expect(await statusOf(first.jobId)).toBe('Cancelled');
    expect(await statusOf(second.jobId)).toBe('Pending');
    await second.events.return(undefined);
  });

  test('is one of those a batch may hold', async () => {
    const terms = { protocolVersion: '2025-03-26', capabilities: [], owner: null } as const;
    const headers = {
      'mcp-protocol-version': '2025-03-26',
      'mcp-session-id': gateway.sessions.issue(terms),
    };
    const read = gateway.sessions.read(headers['mcp-session-id']);
    if (read === null) throw new Error('no session');
    const jobId = gateway.sessions.jobIdOf(read, 7);
    const answer = await gateway.post({ ...callOf('wait'), id: 7 }, headers);
    expect(await statusOf(jobId)).toBe('Pending');
    const params = { requestId: 7 };
    await gateway.post([{ jsonrpc: '2.0', method: 'notifications/cancelled', params }], headers);
    expect(await statusOf(jobId)).toBe('Cancelled');
    expect(await answer.text()).toBe('');
  });

  test('without a session cancels nothing', async () => {
    const anonymous = { 'mcp-protocol-version': '2025-11-25' };
    const { events, jobId } = await call(7, 'wait', anonymous);
    expect((await cancel(7, anonymous)).status).toBe(202);
    expect(await statusOf(jobId)).toBe('Pending');
    await events.return(undefined);
  });

  test.each([undefined, null, {}, 1.5, 'unknown'])('of the request %j is ignored', async (id) => {
    const { events, jobId } = await call(7);
    expect((await cancel(id)).status).toBe(202);
    expect(await statusOf(jobId)).toBe('Pending');
    // The same notification, with an id that there is, does cancel.
    await cancel(7);
    expect(await statusOf(jobId)).toBe('Cancelled');
    expect(await rest(events)).toEqual([]);
  });

  test('keeps nothing of a reason that cannot be stored, and no more than there is use for', async () => {
    const { jobId, events } = await call(7);
    await cancel(7, session, `\u0000${'x'.repeat(100_000)}`);
    const { error } = (await gateway.jobs.get(jobId)) ?? {};
    expect(error).toContain('\uFFFDxxx');
    expect(error?.length).toBeLessThan(1_100);
    await events.return(undefined);
  });

  test('of a call that was answered is ignored', async () => {
    const handle = await gateway.post({ ...callOf('handle'), id: 1 }, session);
    const text = await handle.text();
    const { result } = JSON.parse(text) as { result: { structuredContent: { job_id: string } } };
    await cancel(1);
    expect(await statusOf(result.structuredContent.job_id)).toBe('Pending');

    const hybrid = await call(2, 'hybrid');
    now += 25_000;
    await cancel(2);
    expect(await statusOf(hybrid.jobId)).toBe('Pending');
    await hybrid.events.return(undefined);
  });

  test('while a hybrid call is waited for cancels it', async () => {
    const { events, jobId } = await call(2, 'hybrid');
    now += 24_999;
    await cancel(2);
    expect(await statusOf(jobId)).toBe('Cancelled');
    expect(await rest(events)).toEqual([]);
  });

  test('during an outage of the store is 503, so that the client may repeat it', async () => {
    const { jobId, events } = await call(7);
    outage.away = true;
    expect((await cancel(7)).status).toBe(503);
    outage.away = false;
    expect((await cancel(7)).status).toBe(202);
    expect(await statusOf(jobId)).toBe('Cancelled');
    await events.return(undefined);
  });
});

describe('of a hybrid call whose tool asks', () => {
  const question = {
    type: 'asked',
    step: 'hybrid',
    stepIndex: 0,
    requests: {
      size: {
        method: 'elicitation/create',
        params: { message: 'Which size?', requestedSchema: { type: 'object' } },
      },
    },
    payload: {},
    metadata: {},
  } as const;

  const answer = { type: 'answered', answers: { size: { action: 'decline' } } } as const;

  /** A call that was asked after five seconds, by a client that can answer such questions or cannot. */
  async function askedCall(capabilities: readonly ClientCapability[]) {
    const headers = gateway.sessionHeaders({ capabilities });
    const { events, jobId } = await call(7, 'hybrid', headers);
    now += 5_000;
    await gateway.events.apply(jobId, question);
    const { message } = await next(events);
    return { headers, events, jobId, message };
  }

  test('cancels it as long as the client has the question', async () => {
    const { headers, events, jobId, message } = await askedCall(['elicitation']);
    expect(message).toMatchObject({ method: 'elicitation/create' });
    now += 55_000;
    await cancel(7, headers);
    expect(await statusOf(jobId)).toBe('Cancelled');
    expect(await rest(events)).toEqual([]);
  });

  test('cancels it while what was left of its wait runs on, and then no more', async () => {
    const before = await askedCall(['elicitation']);
    now += 55_000;
    await gateway.events.apply(before.jobId, answer);
    now += 10_000;
    await cancel(7, before.headers);
    expect(await statusOf(before.jobId)).toBe('Cancelled');
    expect(await rest(before.events)).toEqual([]);

    const after = await askedCall(['elicitation']);
    now += 55_000;
    await gateway.events.apply(after.jobId, answer);
    now += 20_000;
    await cancel(7, after.headers);
    expect(await statusOf(after.jobId)).toBe('Pending');
    await after.events.return(undefined);
  });

  test('is ignored once the client got the handle instead of the question', async () => {
    for (const capabilities of [[], ['sampling']] as const) {
      const { headers, jobId, message } = await askedCall(capabilities);
      expect(message).toMatchObject({ id: 7, result: { structuredContent: { job_id: jobId } } });
      await cancel(7, headers);
      expect(await statusOf(jobId)).toBe('InputRequired');
    }
  });

  test('is ignored once the handle was sent before the question came', async () => {
    const headers = gateway.sessionHeaders({ capabilities: ['elicitation'] });
    const { events, jobId } = await call(7, 'hybrid', headers);
    now += 25_000;
    await gateway.events.apply(jobId, question);
    now += 60_000;
    await cancel(7, headers);
    expect(await statusOf(jobId)).toBe('InputRequired');
    await events.return(undefined);
  });
});

describe('a job that is cancelled otherwise', () => {
  test('is the response to its call, whatever the reason says', async () => {
    const { events, jobId } = await call(7);
    const reason = 'request cancelled by the MCP client: not by it';
    const cancelled = await fetch(new URL(`/jobs/${jobId}/cancel`, gateway.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason }),
    });
    expect(cancelled.status).toBe(202);
    expect(await rest(events)).toMatchObject([
      { message: { id: 7, result: { isError: true, content: [{ text: reason }] } } },
    ]);
  });

  test('is the response to its call', async () => {
    const { events, jobId } = await call(7);
    await gateway.post(rpc('tools/call', { name: 'job_cancel', arguments: { job_id: jobId } }));
    expect(await rest(events)).toMatchObject([
      { message: { id: 7, result: { isError: true, structuredContent: { job_id: jobId } } } },
    ]);
  });
});

test('who waits by job_wait for a job whose request was cancelled is told', async () => {
  const { events, jobId } = await call(7, 'hybrid');
  const waiting = await begin(
    await gateway.post({ ...callOf('job_wait', { job_id: jobId }), id: 8 }, session),
  );
  await cancel(7);
  expect(await rest(events)).toEqual([]);
  expect(await rest(waiting.events)).toMatchObject([
    { message: { id: 8, result: { isError: true } } },
  ]);
});
