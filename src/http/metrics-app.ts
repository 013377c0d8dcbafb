import type { FastifyInstance } from 'fastify';
import { createServer, refuseWithProblems, type RefusalParts } from './server.ts';

interface MetricsAppParts extends RefusalParts {
  /** Text and its media type, anew at each call. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

/** `GET /metrics`, on a port that clients and actors have no business with. */
export function buildMetricsApp({ config, metrics, log }: MetricsAppParts): FastifyInstance {
  const app = createServer();
  refuseWithProblems(app, { config, log });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return app;
}
