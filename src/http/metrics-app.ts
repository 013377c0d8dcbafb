import Fastify, { type FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import type { Log } from '../lib/log.ts';
import { guardHost, reportErrors, takeRepeatedHeaders } from './app-hooks.ts';
import { HostGuard } from './host-guard.ts';
import { answerUnmatched } from './unmatched.ts';

export interface MetricsAppParts {
  readonly config: Pick<Config, 'host' | 'allowedHosts' | 'allowedOrigins'>;
  /** Text and its media type, anew at each call. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly log: Log;
}

/** `GET /metrics`, on a port that clients and actors have no business with. */
export function buildMetricsApp({ config, metrics, log }: MetricsAppParts): FastifyInstance {
  const app = Fastify();
  takeRepeatedHeaders(app);
  guardHost(app, new HostGuard(config));
  reportErrors(app, log);
  answerUnmatched(app);
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return app;
}
