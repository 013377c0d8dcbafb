import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Config } from '../config.ts';
import type { ActorReports } from '../jobs/actor-reports.ts';
import type { ClientJobs } from '../jobs/client-jobs.ts';
import type { ByteBudget } from '../lib/byte-budget.ts';
import type { Log } from '../lib/log.ts';
import type { ToolCalls } from '../calls/tool-calls.ts';
import type { ToolBox } from '../tools/tool.ts';
import { final, heartbeat, jobActive, progress } from './actor-routes.ts';
import {
  createEnvelope,
  envelopeFinal,
  envelopeProgress,
  readEnvelope,
  unregisteredChild,
} from './envelope-routes.ts';
import { health, ready, type Readiness } from './health-routes.ts';
import { answerJob, cancelJob, listJobs, readJob } from './job-routes.ts';
import { streamEnvelope, streamJob } from './job-stream.ts';
import { acceptJson, acceptReports } from './json-body.ts';
import { acceptOutcomes, uploadMemory } from './outcome-body.ts';
import { failRejected } from './rejected-outcome.ts';
import { createServer, refuseWithProblems } from './server.ts';
import { callTool } from './tool-routes.ts';
import { tellAnswers, type AnswerListener } from './responses.ts';

/** A request that is not in by then is given up, so that slow senders hold no connection. */
const requestTimeoutMs = 60_000;

/** Ids are checked by the routes; beyond this the router itself says no. */
const maxParamLength = 1_024;

export interface AppParts {
  readonly config: Pick<
    Config,
    'maxBodyBytes' | 'maxResultBytes' | 'host' | 'allowedHosts' | 'allowedOrigins'
  >;
  readonly jobs: ClientJobs;
  readonly reports: ActorReports;
  /** For reports that were decoded and are not committed yet, by whatever way they come. */
  readonly reportMemory: ByteBudget;
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  readonly toolCalls: ToolCalls;
  /** Registers /mcp. */
  readonly mcp: FastifyPluginAsync;
  readonly readiness: Readiness;
  readonly log: Log;
  /** Told of every request that is over, whether or not it got its answer. */
  readonly onAnswer?: AnswerListener;
  /** Aborted when the gateway drains: streams and waits end. */
  readonly closing: AbortSignal;
}

/** Everything the gateway answers by HTTP, apart from the server that listens. */
export function buildApp(parts: AppParts): FastifyInstance {
  const { config, jobs, reports, tools, toolCalls, mcp, readiness, log, closing } = parts;
  const app = createServer({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength },
    // What still comes in over an open connection while the server closes is answered.
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  acceptJson(app);
  // These two see every request, also those that are refused.
  if (parts.onAnswer !== undefined) tellAnswers(app, parts.onAnswer);
  sayFarewell(app, closing);
  refuseWithProblems(app, { config, log });

  app.get('/health', health());
  app.get('/ready', ready(readiness, closing));

  app.register(mcp);
  app.post('/tools/call', callTool({ jobs, toolCalls, tools, closing }));

  app.get('/jobs', listJobs(jobs));
  app.get('/jobs/:id', readJob(jobs));
  app.get('/jobs/:id/stream', streamJob({ jobs, log, closing }));
  app.post('/jobs/:id/input', answerJob(jobs));
  app.post('/jobs/:id/cancel', cancelJob(jobs));
  app.delete('/jobs/:id', cancelJob(jobs));

  app.get('/envelopes/:id', readEnvelope(jobs));
  app.get('/envelopes/:id/stream', streamEnvelope({ jobs, log, closing }));

  app.register(async (actors: typeof app) => {
    acceptReports(actors);
    actors.get('/jobs/:id/active', jobActive(reports));
    actors.post('/jobs/:id/heartbeat', heartbeat(reports));
    actors.post('/jobs/:id/progress', progress(reports));

    actors.post('/envelopes', createEnvelope(reports));
    actors.get('/envelopes/:id/active', jobActive(reports));
    actors.post('/envelopes/:id/progress', envelopeProgress(reports));
  });

  const { maxResultBytes } = config;
  const uploads = uploadMemory(maxResultBytes);
  const outcome = { reports, maxResultBytes, uploads, reportMemory: parts.reportMemory, log };
  app.register(async (outcomes: typeof app) => {
    acceptOutcomes(outcomes, outcome);
    failRejected(outcomes, { ...outcome, child: null });
    outcomes.post('/jobs/:id/final', final(reports));
  });
  app.register(async (outcomes: typeof app) => {
    acceptOutcomes(outcomes, outcome);
    failRejected(outcomes, { ...outcome, child: unregisteredChild });
    outcomes.post('/envelopes/:id/final', envelopeFinal(reports));
  });

  return app;
}

/** While the gateway drains, answers end the connection they come by. */
function sayFarewell(app: FastifyInstance, closing: AbortSignal): void {
  app.addHook('onRequest', (_request, reply, done) => {
    if (closing.aborted) reply.header('connection', 'close');
    done();
  });
}
