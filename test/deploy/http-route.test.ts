import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { noHelm, render, type Values } from './support/chart.ts';
import { find } from './support/objects.ts';

/*
 * What the HTTPRoute lets through from outside: what clients do, and nothing of the actors'. A job's id
 * is the only key to it, so the list, which tells all ids, has to be asked for.
 */

interface Match {
  readonly path: {
    readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
    readonly value: string;
  };
  readonly method?: string;
}

const outside = [
  'POST /mcp',
  'GET /mcp',
  'DELETE /mcp',
  'GET /tools',
  'POST /tools/call',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/oauth-protected-resource/mcp',
];

const ofOneJob = [
  'GET /jobs/J1',
  'GET /jobs/J1/stream',
  'GET /jobs/01a203f6-49ac-72cf-8c6c-596f5957d302-1',
  'DELETE /jobs/J1',
  'POST /jobs/J1/input',
  'POST /jobs/J1/cancel',
  'POST /jobs/J1/retry',
  'GET /envelopes/J1',
  'GET /envelopes/J1/stream',
];

const inside = [
  'POST /jobs',
  'DELETE /jobs',
  'GET /jobs/J1/active',
  'POST /jobs/J1',
  'POST /jobs/J1/heartbeat',
  'POST /jobs/J1/progress',
  'POST /jobs/J1/final',
  'POST /jobs/J1/final/cancel',
  'POST /jobs/J1/input/more',
  'POST /jobs//input',
  'DELETE /jobs/J1/stream',
  'GET /envelopes',
  'POST /envelopes',
  'POST /envelopes/J1/progress',
  'POST /envelopes/J1/final',
  'GET /envelopes/J1/active',
  'GET /ready',
  'GET /health',
  'GET /metrics',
  'GET /mcp/more',
  'GET /jobsabc',
];

describe.skipIf(noHelm)('the HTTPRoute', () => {
  test.each([...outside, ...ofOneJob])('lets %s through', async (request) => {
    expect(await isRouted(request)).toBe(true);
  });

  test.each([...inside, 'GET /jobs', 'GET /jobs/'])('keeps %s inside', async (request) => {
    expect(await isRouted(request)).toBe(false);
  });

  test('lets the list of all jobs through where that is asked for, and nothing else', async () => {
    expect(await isRouted('GET /jobs', { jobList: true })).toBe(true);
    for (const request of inside) expect(await isRouted(request, { jobList: true })).toBe(false);
  });

  test('is decided for every route that the gateway has', async () => {
    const source = await readFile(new URL('../../src/http/app.ts', import.meta.url), 'utf8');
    const routes = [...source.matchAll(/\.(get|post|delete|put|patch)\('([^']+)'/g)];
    expect(routes.length).toBeGreaterThan(10);
    const decided = [...outside, ...ofOneJob, ...inside, 'GET /jobs'];
    for (const [, method = '', path = ''] of routes) {
      expect(decided).toContain(`${method.toUpperCase()} ${path.replace(':id', 'J1')}`);
    }
  });

  test('needs no regular expressions where single jobs stay inside', async () => {
    for (const request of ofOneJob) expect(await isRouted(request, { jobs: false })).toBe(false);
    for (const request of outside) expect(await isRouted(request, { jobs: false })).toBe(true);
    const types = (await matches({ jobs: false })).map(({ path }) => path.type);
    expect(types).not.toContain('RegularExpression');
  });
});

async function matches(values: Values): Promise<readonly Match[]> {
  const gatewayAPI = { enabled: true, parentRefs: [{ name: 'public' }], ...values };
  const { spec } = find(await render({ gatewayAPI }), 'HTTPRoute');
  const { rules } = spec as { readonly rules: readonly { readonly matches: readonly Match[] }[] };
  return rules.flatMap((rule) => rule.matches);
}

/** By the rules of gateway.networking.k8s.io/v1: a prefix ends at a path's segment. */
async function isRouted(request: string, values: Values = {}): Promise<boolean> {
  const [method, path = ''] = request.split(' ');
  return (await matches(values)).some(
    (match) =>
      takesPath(match.path, path) && (match.method === undefined || match.method === method),
  );
}

function takesPath({ type, value }: Match['path'], path: string): boolean {
  switch (type) {
    case 'Exact':
      return path === value;
    case 'PathPrefix':
      return path === value || path.startsWith(`${value}/`);
    case 'RegularExpression':
      // Some Gateways look for the expression anywhere in the path, so it has to say where it ends.
      return new RegExp(value).test(path);
  }
}
