import type { FastifyInstance } from 'fastify';
import { answerPreflight, isPreflight } from './cors.ts';
import { Problem } from '../problem.ts';

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/**
 * Answers requests that no route takes: 405 on a path that has other methods, OPTIONS with those,
 * 404 on the rest. Has to be registered before the routes, whose paths it notes down.
 *
 * A hook does this, because Fastify calls its handler for unknown paths only after it has read the body.
 * A fault of the body would then hide that the path does not exist.
 */
export function answerUnmatched(app: FastifyInstance): void {
  const paths = new Map<string, KnownPath>();

  app.addHook('onRoute', ({ url, method }) => {
    const path = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) path.methods.add(name);
    paths.set(url, path);
  });

  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split('?', 1)[0] ?? '';
    const known = paths.values().find(({ pattern }) => pattern.test(path));
    if (known === undefined) throw new Problem(404, 'path_not_found', `there is no ${path}`);

    const allow = [...known.methods, 'OPTIONS'].join(', ');
    if (isPreflight(request)) return answerPreflight(request, reply, allow);
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    throw new Problem(405, 'method_not_allowed', `${path} takes ${allow}`, { headers: { allow } });
  });
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`);
}
