import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../src/access/api-keys.ts';
import { actor } from '../../../src/actor/actor.ts';
import {
  as,
  resource,
  startAccessGateway,
  type AccessGateway,
} from '../../support/access/access-gateway.ts';
import { ask, print, type Answered } from '../../support/access/asked-and-answered.ts';
import { startIssuer, type TestIssuer } from '../../support/access/issuer.ts';
import { askModern, postModern } from '../../support/clients/modern-client.ts';
import { AsyaProcess } from '../../support/processes.ts';

/* What a caller may do, and how much: the requests of the design by their numbers. */

let issuer: TestIssuer;
let gateway: AccessGateway;
const reader = newKey();
const caller = newKey();

beforeAll(async () => {
  issuer = await startIssuer(resource);
  gateway = await startAccessGateway({
    file: `
resource: ${resource}
issuers: [{ name: corp, issuer: '${issuer.url}', grants: [{ claim: realm.roles, value: artist, scopes: [asya:call, images] }] }]
keys:
  - { name: reader, hash: '${reader.hash}', scopes: [asya:read] }
  - { name: caller, hash: '${caller.hash}', scopes: [asya:call] }
`,
    actors: [actor('shrink', () => ({ done: true }))],
  });
});
afterAll(async () => {
  await gateway.stop();
  await issuer.stop();
});

function call(
  title: string,
  at: string,
  credential: string,
  body: object,
  path = '/tools/call',
): Promise<Answered> {
  return ask(title, `${at}${path}`, {
    method: 'POST',
    headers: {
      ...as(credential),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(body),
  });
}

function toolCall(name: string, id = 1, params: object = {}): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {}, ...params } };
}

async function jobsOf(credential: string): Promise<unknown[]> {
  const { text } = await ask('jobs', `${gateway.url}/jobs`, { headers: as(credential) });
  return JSON.parse(text).jobs as unknown[];
}

async function offered(credential: string): Promise<{ names: string[]; cacheScope: string }> {
  const { result } = await askModern(
    `${gateway.url}/mcp`,
    'tools/list',
    {},
    { headers: as(credential) },
  );
  return {
    names: result.tools.map(({ name }: { name: string }) => name),
    cacheScope: result.cacheScope,
  };
}

describe('scopes', () => {
  test('69: a token that may only read is told which scope a call takes', async () => {
    const token = await issuer.token({ scope: 'asya:read', sub: '69' });
    const bodies = [
      await call('69', gateway.url, token, { name: 'shrink' }),
      await call('69', gateway.url, token, toolCall('shrink'), '/mcp'),
    ];
    for (const { status, headers } of bodies) {
      expect(status).toBe(403);
      expect(headers.get('www-authenticate')).toMatch(
        /error="insufficient_scope".* scope="asya:call", resource_metadata=/,
      );
    }
    expect(await jobsOf(token)).toEqual([]);
  });

  test("70: a token without a tool's scope is told all at once, and is not shown the tool", async () => {
    const token = await issuer.token({ scope: 'asya:read', sub: '70' });
    const answer = await call('70', gateway.url, token, toolCall('draw'), '/mcp');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('scope="asya:call images"');
    const shown = await offered(token);
    expect(shown.names).not.toContain('draw');
    expect(shown.cacheScope).toBe('private');
    expect((await offered(await issuer.token({ scope: 'asya:read images' }))).names).toContain(
      'draw',
    );
  });

  test('a key without it is told that there is no such tool', async () => {
    const answer = await call('70', gateway.url, caller.key, toolCall('draw'), '/mcp');
    expect(JSON.parse(answer.text).error.message).toBe('Unknown tool: draw');
    expect((await call('70', gateway.url, caller.key, { name: 'draw' })).status).toBe(404);
    expect((await offered(caller.key)).names).not.toContain('draw');
  });

  test('71: neither a task nor a batch gets round that', async () => {
    const token = await issuer.token({ scope: 'asya:read', sub: '71' });
    const task = await ask('71', `${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        ...as(token),
        'content-type': 'application/json',
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify(toolCall('shrink', 1, { task: {} })),
    });
    expect(task.status).toBe(403);
    const modern = await postModern(
      `${gateway.url}/mcp`,
      'tools/call',
      { name: 'shrink', arguments: {} },
      { tasks: true, headers: as(token) },
    );
    print('71', 'tools/call', modern.status, await modern.text());
    expect(modern.status).toBe(403);
    const batch = await ask('71', `${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        ...as(token),
        'content-type': 'application/json',
        'mcp-protocol-version': '2025-03-26',
      },
      body: JSON.stringify([toolCall('shrink', 1), { jsonrpc: '2.0', id: 2, method: 'ping' }]),
    });
    expect(batch.status).toBe(200);
    const [refused, ping] = JSON.parse(batch.text);
    expect(refused.error.data.code).toBe('insufficient_scope');
    expect(ping.result).toEqual({});
    expect(await jobsOf(token)).toEqual([]);
  });

  test('a reader changes nothing, and a caller without scopes reads nothing', async () => {
    const paths = [
      ['POST', '/jobs/J/cancel'],
      ['DELETE', '/jobs/J'],
      ['POST', '/jobs/J/input'],
      ['POST', '/jobs/J/retry'],
    ] as const;
    for (const [method, path] of paths) {
      expect(
        (await ask('reader', `${gateway.url}${path}`, { method, headers: as(reader.key) })).status,
      ).toBe(403);
    }
    const nothing = await issuer.token({ scope: '' });
    expect((await ask('none', `${gateway.url}/jobs`, { headers: as(nothing) })).status).toBe(403);
    const listed = await askModern(
      `${gateway.url}/mcp`,
      'tools/list',
      {},
      { headers: as(nothing) },
    );
    expect(listed.status).toBe(403);
  });

  test('a claim gives scopes', async () => {
    const token = await issuer.token({ scope: '', realm: { roles: ['artist'] } });
    expect((await call('grant', gateway.url, token, { name: 'draw' })).status).toBe(200);
  });
});

test('72–75: each listener has its own endpoints alone', async () => {
  const body = {
    method: 'POST',
    headers: { ...as(caller.key), 'content-type': 'application/json' },
    body: '{}',
  };
  for (const path of [
    '/jobs/J/final',
    '/jobs/J/heartbeat',
    '/jobs/J/progress',
    '/envelopes',
    '/envelopes/J/final',
  ]) {
    const { status, text } = await ask('72–74', `${gateway.url}${path}`, body);
    expect([status, JSON.parse(text).code]).toEqual(
      path === '/envelopes' ? [404, 'path_not_found'] : [404, 'path_not_found'],
    );
  }
  for (const path of ['/jobs', '/jobs/J', '/jobs/J/stream', '/envelopes/J']) {
    expect(
      (await ask('75', `${gateway.actorUrl}${path}`, { headers: as(caller.key) })).status,
    ).toBe(404);
  }
  expect((await ask('75', `${gateway.actorUrl}/mcp`, body)).status).toBe(404);
});

describe('limits', () => {
  let limited: AccessGateway;
  const start = async (limits: string): Promise<void> => {
    limited = await startAccessGateway({
      file: `
keys: [{ name: caller, hash: '${caller.hash}', scopes: [asya:call] }]
limits: { default: ${limits} }
`,
    });
  };
  afterEach(() => limited.stop());

  test('79–80: a burst and one more, in sessions or not', async () => {
    await start('{ calls_per_second: 1, burst: 4 }');
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      statuses.push((await call('79', limited.url, caller.key, { name: 'slow' })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200]);
    const more = await call('79', limited.url, caller.key, { name: 'slow' });
    expect(more.status).toBe(429);
    expect(more.headers.get('retry-after')).toBe('1');
    expect(JSON.parse(more.text)).toMatchObject({ code: 'rate_limited' });
    const session = await call('80', limited.url, caller.key, toolCall('slow'), '/mcp');
    expect(session.status).toBe(429);
    expect(JSON.parse(session.text).error.data.code).toBe('rate_limited');
  });

  test('jobs in flight, in words for a model', async () => {
    await start('{ jobs_in_flight: 2 }');
    const first = JSON.parse((await call('jobs', limited.url, caller.key, { name: 'slow' })).text);
    await call('jobs', limited.url, caller.key, { name: 'slow' });
    const rest = await call('jobs', limited.url, caller.key, { name: 'slow' });
    expect(rest.status).toBe(429);
    expect(JSON.parse(rest.text)).toMatchObject({ code: 'too_many_jobs' });
    const mcp = await call('jobs', limited.url, caller.key, toolCall('slow'), '/mcp');
    expect(JSON.parse(mcp.text).result).toMatchObject({ isError: true });
    expect(mcp.text).toContain('wait for one of them, or cancel one');
    const { job_id: id } = first.structuredContent;
    const cancel = { method: 'POST', headers: as(caller.key) };
    await ask('jobs', `${limited.url}/jobs/${id}/cancel`, cancel);
    const again = async (): Promise<number> =>
      (await call('jobs', limited.url, caller.key, { name: 'slow' })).status;
    while ((await again()) === 429) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  test('81: one stream more', async () => {
    await start('{ streams: 1 }');
    const { text } = await call('81', limited.url, caller.key, { name: 'slow' });
    const stream = `${limited.url}/jobs/${JSON.parse(text).structuredContent.job_id}/stream`;
    const first = new AbortController();
    await fetch(stream, { headers: as(caller.key), signal: first.signal });
    const second = await ask('81', stream, { headers: as(caller.key) });
    expect(second.status).toBe(429);
    first.abort();
    const opened = async (): Promise<boolean> => {
      const third = new AbortController();
      const { status } = await fetch(stream, { headers: as(caller.key), signal: third.signal });
      third.abort();
      return status === 200;
    };
    while (!(await opened())) await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

test.each(['0.0.0.0', '::', 'some-name.example'])(
  '82: an open gateway does not listen on %s',
  async (host) => {
    const { code, output } = await new AsyaProcess(['serve', '--port', '0', '--host', host], {})
      .exited;
    print('82', host, code ?? 0, output);
    expect(code).toBe(1);
    for (const way of [
      'ASYA_ACCESS_PATH',
      'ASYA_GATEWAY_HOST=127.0.0.1',
      'ASYA_OPEN_ACCESS=true',
    ]) {
      expect(output).toContain(way);
    }
  },
);

test('84: a stream ends with its token, and is resumed with the next', async () => {
  const made = await call('84', gateway.url, await issuer.token({ sub: '84' }), { name: 'slow' });
  const stream = `${gateway.url}/jobs/${JSON.parse(made.text).structuredContent.job_id}/stream`;
  const openFor = async (seconds: number) => {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    return ask('84', stream, { headers: as(await issuer.token({ sub: '84', exp })) });
  };
  let first = await openFor(2);
  // On a busy machine the token may be over before it is looked at.
  for (let seconds = 8; !first.text.includes('id: 1'); seconds *= 2) first = await openFor(seconds);
  expect(first.status).toBe(200);
  const renewed = new AbortController();
  const again = await fetch(stream, {
    headers: { ...as(await issuer.token({ sub: '84' })), 'last-event-id': '1' },
    signal: renewed.signal,
  });
  expect(again.status).toBe(200);
  renewed.abort();
});
