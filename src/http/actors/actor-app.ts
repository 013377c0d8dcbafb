import type { FastifyInstance } from 'fastify';
import { openTo } from '../access-hook.ts';
import { addActorEndpoints, type ActorEndpointParts } from './actor-endpoints.ts';
import { createAnsweringServer, type AnsweringParts } from '../server/answering-server.ts';
import { health, ready, type Readiness } from '../health-routes.ts';
import { acceptJson } from '../server/json-body.ts';

export interface ActorAppParts extends ActorEndpointParts, AnsweringParts {
  readonly config: ActorEndpointParts['config'] & AnsweringParts['config'];
  readonly readiness: Readiness;
}

/** The listener of actors: what they and their sidecars use, and nothing of clients. */
export function buildActorApp(parts: ActorAppParts): FastifyInstance {
  const app = createAnsweringServer({ ...parts, actorsNeedKeys: false });
  acceptJson(app);
  app.get('/health', openTo('public', health()));
  app.get('/ready', openTo('public', ready(parts.readiness, parts.closing)));
  addActorEndpoints(app, parts);
  return app;
}
