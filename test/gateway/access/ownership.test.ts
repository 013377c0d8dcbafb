import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../src/access/api-keys.ts';
import { actor } from '../../../src/actor/actor.ts';
import { elicit } from '../../../src/actor/ask.ts';
import {
  as,
  resource,
  startAccessGateway,
  type AccessGateway,
} from '../../support/access/access-gateway.ts';
import { ask, print, type Answered } from '../../support/access/asked-and-answered.ts';
import { startIssuer, type TestIssuer } from '../../support/access/issuer.ts';
import { messagesOf, postModern } from '../../support/clients/modern-client.ts';

/* Whose a job is: every request of the design by which somebody could learn of another's, by its number. */

let issuer: TestIssuer;
let gateway: AccessGateway;
let a: string;
let b: string;
/** A's job, and an id that nobody's job has. */
let job: string;
let unknown: string;
const operator = newKey();

const whichSize = elicit('Which size?', { type: 'object', properties: { w: { type: 'integer' } } });

beforeAll(async () => {
  issuer = await startIssuer(resource);
  gateway = await startAccessGateway({
    file: `
resource: ${resource}
issuers: [{ name: corp, issuer: '${issuer.url}' }]
keys: [{ name: ops, hash: '${operator.hash}', scopes: [asya:operate] }]
`,
    actors: [
      actor('shrink', () => ({ done: true })),
      actor('ask', async (_payload, { ask }) => (await ask({ size: whichSize })).size),
    ],
  });
  a = await issuer.token({ sub: 'alice' });
  b = await issuer.token({ sub: 'bob' });
  job = await start('slow', a);
  unknown = job.replace(/.{4}$/, (end) => (end === '0000' ? '1111' : '0000'));
});
afterAll(async () => {
  await gateway.stop();
  await issuer.stop();
});

async function start(tool: string, token: string): Promise<string> {
  const answer = await send('start', 'POST', '/tools/call', token, { name: tool, arguments: {} });
  return JSON.parse(answer.text).structuredContent.job_id as string;
}

function send(
  title: string,
  method: string,
  path: string,
  token: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return ask(title, `${gateway.url}${path}`, {
    method,
    headers: {
      ...as(token),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** MCP of 2025-11-25. */
function rpc(title: string, token: string, message: object, headers: Record<string, string> = {}) {
  return send(
    title,
    'POST',
    '/mcp',
    token,
    { jsonrpc: '2.0', ...message },
    {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...headers,
    },
  );
}

async function statusOf(id: string): Promise<string> {
  const { text } = await send('look', 'GET', `/jobs/${id}`, a);
  return JSON.parse(text).status as string;
}

/** Asks for A's job and for one that nobody has: the answers must not differ but in the id. */
async function expectSame(make: (id: string) => Promise<Answered>): Promise<Answered> {
  const [foreign, none] = [await make(job), await make(unknown)];
  expect(foreign.status).toBe(none.status);
  expect(foreign.text).toBe(none.text.replaceAll(unknown, job));
  const names = (found: Answered): string[] =>
    [...found.headers]
      .filter(([name]) => name !== 'date')
      .map(([name, value]) => `${name}: ${value}`);
  expect(names(foreign)).toEqual(names(none));
  return foreign;
}

describe("B asks for A's job as for one that nobody has", () => {
  test.each([
    ['42', 'GET', ''],
    ['43', 'GET', '/stream'],
    ['44', 'HEAD', ''],
    ['44', 'HEAD', '/stream'],
    ['45', 'POST', '/cancel'],
    ['46', 'DELETE', ''],
    ['-', 'POST', '/retry'],
    ['47', 'POST', '/input'],
  ])('%s: %s /jobs/J%s', async (n, method, rest) => {
    const body = rest === '/input' ? { answers: { size: { action: 'cancel' } } } : undefined;
    const { status } = await expectSame((id) => send(n, method, `/jobs/${id}${rest}`, b, body));
    expect(status).toBe(404);
    expect(await statusOf(job)).toBe('Pending');
  });

  test.each(['', '/stream'])('by the names of the second generation%s', async (rest) => {
    const { status } = await expectSame((id) => send('-', 'GET', `/envelopes/${id}${rest}`, b));
    expect(status).toBe(404);
  });

  test('48–50: in lists', async () => {
    expect(JSON.parse((await send('48', 'GET', '/jobs', b)).text).jobs).toEqual([]);
    const children = await send('49', 'GET', `/jobs?parent_id=${job}`, b);
    expect(JSON.parse(children.text).jobs).toEqual([]);
    await start('slow', a);
    const first = JSON.parse((await send('50', 'GET', '/jobs?limit=1', a)).text);
    const next = await send('50', 'GET', `/jobs?cursor=${first.next_cursor}`, b);
    expect(JSON.parse(next.text).jobs).toEqual([]);
  });

  test.each([
    ['51', 'tasks/get'],
    ['52', 'tasks/result'],
    ['54', 'tasks/cancel'],
  ])('%s: %s of 2025-11-25', async (n, method) => {
    const { text } = await expectSame((taskId) => rpc(n, b, { id: 1, method, params: { taskId } }));
    expect(JSON.parse(text).error.code).toBe(-32602);
  });

  test.each([
    ['51', 'tasks/get'],
    ['53', 'tasks/update'],
    ['54', 'tasks/cancel'],
  ])('%s: %s of 2026-07-28', async (n, method) => {
    const answers = await Promise.all(
      [job, unknown].map(async (taskId) => {
        const params = { taskId, ...(method === 'tasks/update' && { inputResponses: {} }) };
        const options = { tasks: true, headers: as(b) };
        const response = await postModern(`${gateway.url}/mcp`, method, params, options);
        const text = await response.text();
        print(n, method, response.status, text);
        return text;
      }),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(JSON.parse(answers[0] ?? '').error.code).toBe(-32602);
  });

  test.each([
    ['55', 'job_status'],
    ['56', 'job_wait'],
    ['57', 'job_result'],
    ['58', 'job_cancel'],
  ])('%s: %s', async (n, name) => {
    const { text } = await expectSame((id) =>
      rpc(n, b, { id: 1, method: 'tools/call', params: { name, arguments: { job_id: id } } }),
    );
    expect(text).toContain('No job has the id');
    expect(await statusOf(job)).toBe('Pending');
  });

  test('59: a subscription is acknowledged without it', async () => {
    const controller = new AbortController();
    const params = { notifications: { taskIds: [job, unknown] } };
    const options = { tasks: true, headers: as(b), signal: controller.signal };
    const response = await postModern(
      `${gateway.url}/mcp`,
      'subscriptions/listen',
      params,
      options,
    );
    const { value } = await messagesOf(response, 'subscriptions/listen').next();
    controller.abort();
    print('59', 'subscriptions/listen', response.status, JSON.stringify(value));
    expect(value.params.notifications.taskIds).toEqual([]);
  });

  test('60: a stream is resumed as that of a job that is not kept', async () => {
    const rest = Buffer.from(JSON.stringify([1, null, null, null])).toString('base64url');
    const headers = (id: string): Record<string, string> => ({
      accept: 'text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      'last-event-id': `${id}.1.${rest}`,
    });
    const { text } = await expectSame((id) => send('60', 'GET', '/mcp', b, undefined, headers(id)));
    expect(text).toContain('is not kept any more');
  });

  test('65: a child', async () => {
    const id = `${job}-1`;
    const body = JSON.stringify({
      id,
      parent_id: job,
      actors: ['shrink'],
      current: 0,
      owner: 'corp|bob',
    });
    const made = await ask('66', `${gateway.actorUrl}/envelopes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(made.status).toBe(201);
    expect((await send('65', 'GET', `/jobs/${id}`, b)).status).toBe(404);
    expect((await send('66', 'GET', `/jobs/${id}`, a)).status).toBe(200);
  });
});

describe('what belongs to A is no credential', () => {
  async function sessionOf(token: string): Promise<Record<string, string>> {
    const { headers } = await rpc('session', token, {
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: { elicitation: {} },
        clientInfo: { name: 't', version: '1' },
      },
    });
    return { 'mcp-session-id': headers.get('mcp-session-id') ?? '' };
  }

  test("61–62: A's session does not take B's requests and cancellations", async () => {
    const session = await sessionOf(a);
    const call = { id: 7, method: 'tools/call', params: { name: 'slow', arguments: {} } };
    expect((await rpc('61', b, call, session)).status).toBe(404);
    const cancelled = { method: 'notifications/cancelled', params: { requestId: 7 } };
    expect((await rpc('62', b, cancelled, session)).status).toBe(404);
    expect((await send('61', 'DELETE', '/mcp', b, undefined, session)).status).toBe(404);
    expect((await rpc('61', a, { id: 8, method: 'ping' }, session)).status).toBe(200);
  });

  test("63–64: A's request state and A's questions are not B's", async () => {
    const id = await start('asking', a);
    const isAsking = async (): Promise<boolean> => (await statusOf(id)) === 'InputRequired';
    while (!(await isAsking())) await new Promise((resolve) => setTimeout(resolve, 20));

    const response = { id: `input.${id}.size`, result: { action: 'accept', content: { w: 1 } } };
    expect((await rpc('64', b, response)).status).toBe(202);
    expect(await statusOf(id)).toBe('InputRequired');

    const capabilities = { elicitation: {} };
    const params = { name: 'asking_first', arguments: {} };
    const asked = await postModern(`${gateway.url}/mcp`, 'tools/call', params, {
      capabilities,
      headers: as(a),
    });
    const first = JSON.parse((await asked.text()).replace(/^[\s\S]*data: /, ''));
    const { requestState } = first.result;
    expect(typeof requestState).toBe('string');
    const again = { ...params, requestState, inputResponses: { size: { action: 'cancel' } } };
    const stolen = await postModern(`${gateway.url}/mcp`, 'tools/call', again, {
      capabilities,
      headers: as(b),
    });
    const text = await stolen.text();
    print('63', 'tools/call', stolen.status, text);
    expect(JSON.parse(text).error.code).toBe(-32602);
  });

  test('67: neither arguments nor headers say whose a job is', async () => {
    const answer = await send(
      '67',
      'POST',
      '/tools/call',
      b,
      { name: 'slow', arguments: { owner: 'corp|alice' }, owner: 'corp|alice' },
      { 'x-owner': 'corp|alice', 'x-forwarded-user': 'alice' },
    );
    const id = JSON.parse(answer.text).structuredContent?.job_id as string | undefined;
    if (id !== undefined) expect((await send('67', 'GET', `/jobs/${id}`, a)).status).toBe(404);
  });

  test('the same idempotency key of two owners makes two jobs', async () => {
    const body = { name: 'slow', arguments: {} };
    const key = { 'idempotency-key': 'one' };
    const ids = await Promise.all(
      [a, b, a].map(
        async (token) =>
          JSON.parse((await send('key', 'POST', '/tools/call', token, body, key)).text)
            .structuredContent.job_id,
      ),
    );
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

test('an operator sees and cancels what is not its own, and both are logged', async () => {
  const id = await start('slow', a);
  expect((await send('operator', 'GET', `/jobs/${id}`, operator.key)).status).toBe(200);
  const listed = JSON.parse((await send('operator', 'GET', '/jobs', operator.key)).text);
  expect(listed.jobs.map((found: { id: string }) => found.id)).toContain(id);
  const cancelled = await send('operator', 'POST', `/jobs/${id}/cancel`, operator.key);
  expect(JSON.parse(cancelled.text)).toMatchObject({
    status: 'Cancelled',
    reason: 'CancelledByOperator',
  });
  const audit = gateway.lines.filter((line) => line.includes('"audit":true'));
  expect(audit.join('')).toContain('"owner":"key|ops","action":"read"');
  expect(audit.join('')).toContain('"owner":"key|ops","action":"cancelled"');
  const call = await send('operator', 'POST', '/tools/call', operator.key, { name: 'slow' });
  expect(call.status).toBe(403);
});

test('68: no credential is in a job, a log or a metric', async () => {
  const called = await send(
    '68',
    'POST',
    '/tools/call',
    a,
    { name: 'shrink', arguments: {} },
    { prefer: 'wait=20' },
  );
  expect(called.status).toBe(200);
  const seen = [
    gateway.lines.join(''),
    (await send('68', 'GET', '/jobs', a)).text,
    (await ask('68', gateway.metricsUrl)).text,
  ].join('');
  for (const part of [a, b, operator.key, a.split('.')[2] ?? a]) expect(seen).not.toContain(part);
  expect(seen).toContain('asya_auth_total');
});
