import type { FastifyInstance } from 'fastify';
import { createServer, refuseWithProblems, type RefusalParts } from './server/server.ts';

interface MetricsAppParts extends RefusalParts {
  /** The metrics at the moment, and their media type. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

/** Serves `GET /metrics`, on a port that is neither for clients nor for actors. */
export function buildMetricsApp({ config, metrics, log }: MetricsAppParts): FastifyInstance {
  const app = createServer();
  refuseWithProblems(app, { config, log });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return app;
}
