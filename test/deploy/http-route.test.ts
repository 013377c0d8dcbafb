import { describe, expect, test } from 'vitest';
import { noHelm, render } from './support/chart.ts';
import { find } from './support/objects.ts';

/*
 * What the HTTPRoute lets through from outside: what clients do, and nothing of the actors'.
 */

interface Match {
  readonly path: { readonly type: 'Exact' | 'PathPrefix'; readonly value: string };
  readonly method?: string;
}

const values = { gatewayAPI: { enabled: true, parentRefs: [{ name: 'public' }] } };

describe.skipIf(noHelm)('the HTTPRoute', () => {
  test.each([
    'POST /mcp',
    'GET /mcp',
    'DELETE /mcp',
    'POST /tools/call',
    'GET /jobs',
    'GET /jobs/J1',
    'GET /jobs/J1/stream',
    'DELETE /jobs/J1',
  ])('lets %s through', async (request) => {
    expect(await isRouted(request)).toBe(true);
  });

  test.each([
    'POST /jobs/J1/heartbeat',
    'POST /jobs/J1/progress',
    'POST /jobs/J1/final',
    'POST /envelopes',
    'POST /envelopes/J1/final',
    'GET /ready',
    'GET /mcp/more',
    'GET /jobsabc',
  ])('keeps %s inside', async (request) => {
    expect(await isRouted(request)).toBe(false);
  });
});

/** By the rules of gateway.networking.k8s.io/v1: a prefix ends at a path's segment. */
async function isRouted(request: string): Promise<boolean> {
  const [method, path = ''] = request.split(' ');
  const { spec } = find(await render(values), 'HTTPRoute');
  const { rules } = spec as { readonly rules: readonly { readonly matches: readonly Match[] }[] };
  return rules
    .flatMap(({ matches }) => matches)
    .some((match) => {
      const { type, value } = match.path;
      const below = type === 'PathPrefix' && path.startsWith(`${value}/`);
      return (path === value || below) && (match.method === undefined || match.method === method);
    });
}
