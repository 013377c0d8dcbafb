import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Access } from '../access/access.ts';
import { metadataPath } from '../access/resource.ts';
import type { Clients } from '../calls/client.ts';
import type { Config } from '../config.ts';
import { JobRetries } from '../calls/job-retries.ts';
import type { ToolBox } from '../tools/tool.ts';
import { openTo } from './access-hook.ts';
import { addActorEndpoints, type ActorEndpointParts } from './actors/actor-endpoints.ts';
import { createAnsweringServer, type AnsweringParts } from './server/answering-server.ts';
import { readEnvelope } from './actors/envelope-routes.ts';
import { health, ready, type Readiness } from './health-routes.ts';
import { answerJob, cancelJob, listJobs, readJob } from './jobs/job-routes.ts';
import { streamEnvelope, streamJob } from './jobs/job-stream.ts';
import { acceptJson } from './server/json-body.ts';
import { protectedResource } from './resource-metadata.ts';
import { retryJob } from './jobs/retry-routes.ts';
import { listTools } from './jobs/tool-listing-routes.ts';
import { callTool } from './jobs/tool-routes.ts';

export interface AppParts extends ActorEndpointParts, AnsweringParts {
  readonly config: ActorEndpointParts['config'] &
    AnsweringParts['config'] &
    Pick<Config, 'actorPort'>;
  /** The rules of the moment. Null: nobody is asked who they are. */
  readonly access: (() => Access) | null;
  readonly clients: Clients;
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  /** Registers /mcp. */
  readonly mcp: FastifyPluginAsync;
  readonly readiness: Readiness;
}

/** Everything that clients are answered by HTTP, apart from the server that listens. */
export function buildApp(parts: AppParts): FastifyInstance {
  const { config, access, tools, mcp, readiness, log, closing } = parts;
  const app = createAnsweringServer(parts);
  acceptJson(app);

  app.get('/health', openTo('public', health()));
  app.get('/ready', openTo('public', ready(readiness, closing)));
  app.get(metadataPath, openTo('public', protectedResource(access)));
  app.get(`${metadataPath}/mcp`, openTo('public', protectedResource(access)));

  app.register(mcp);
  app.get('/tools', openTo('read', listTools(tools)));
  app.post('/tools/call', openTo('call', callTool({ tools, closing })));

  app.get('/jobs', openTo('read', listJobs()));
  app.get('/jobs/:id', openTo('read', readJob()));
  app.get('/jobs/:id/stream', openTo('read', streamJob({ log, closing })));
  app.post('/jobs/:id/input', openTo('call', answerJob()));
  app.post('/jobs/:id/cancel', openTo('cancel', cancelJob()));
  app.delete('/jobs/:id', openTo('cancel', cancelJob()));
  app.post('/jobs/:id/retry', openTo('call', retryJob(new JobRetries(tools))));

  app.get('/envelopes/:id', openTo('read', readEnvelope()));
  app.get('/envelopes/:id/stream', openTo('read', streamEnvelope({ log, closing })));

  // Otherwise actors have a listener of their own, and clients find nothing here.
  if (config.actorPort === null) addActorEndpoints(app, parts);
  return app;
}
