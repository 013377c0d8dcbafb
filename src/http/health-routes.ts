import { Problem } from './problem.ts';
import { route } from './route.ts';

/** Tells of each thing that the gateway needs, by name: null if it is there, else why it is not. */
export type Readiness = () => Promise<Readonly<Record<string, string | null>>>;

/**
 * Says that the process lives, in the words that every generation of Asya expects. It does not ask
 * the dependencies, because a restart of the gateway would not bring them back.
 */
export function health() {
  return route({
    schema: {},
    handler: async (_request, reply) => reply.type('text/plain; charset=utf-8').send('OK'),
  });
}

/** Says whether requests can be served here now, and if not, what is missing. */
export function ready(readiness: Readiness, closing: AbortSignal) {
  return route({
    schema: {},
    handler: async () => {
      const found = Object.entries(await readiness());
      if (closing.aborted) found.push(['gateway', 'is shutting down']);
      const checks = Object.fromEntries(found.map(([name, fault]) => [name, fault ?? 'ok']));
      const missing = found.filter(([, fault]) => fault !== null);
      if (missing.length === 0) return { status: 'ready', checks };

      const detail = missing.map(([name, fault]) => `${name}: ${fault}`).join('; ');
      throw new Problem(503, 'not_ready', detail, {
        headers: { 'retry-after': '1' },
        members: { checks },
      });
    },
  });
}
