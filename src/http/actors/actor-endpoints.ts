import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.ts';
import type { ActorReports } from '../../jobs/engine/actor-reports.ts';
import type { Log } from '../../lib/log.ts';
import type { ReportMemory } from '../../wire/report-memory.ts';
import { openTo } from '../access-hook.ts';
import { final, heartbeat, jobActive, progress } from './actor-routes.ts';
import {
  createEnvelope,
  envelopeFinal,
  envelopeProgress,
  unregisteredChild,
} from './envelope-routes.ts';
import { acceptReports } from '../server/json-body.ts';
import { acceptOutcomes, uploadMemory } from './outcome-body.ts';
import { failRejected } from './rejected-outcome.ts';

export interface ActorEndpointParts {
  readonly config: Pick<Config, 'maxResultBytes'>;
  readonly reports: ActorReports;
  /** For reports that were decoded and are not committed yet, by whatever way they come. */
  readonly reportMemory: ReportMemory;
  readonly log: Log;
}

/** What actors and their sidecars use. */
export function addActorEndpoints(app: FastifyInstance, parts: ActorEndpointParts): void {
  const { config, reports, reportMemory, log } = parts;
  app.register(async (actors) => {
    acceptReports(actors);
    actors.get('/jobs/:id/active', openTo('actor', jobActive(reports)));
    actors.post('/jobs/:id/heartbeat', openTo('actor', heartbeat(reports)));
    actors.post('/jobs/:id/progress', openTo('actor', progress(reports)));

    actors.post('/envelopes', openTo('actor', createEnvelope(reports)));
    actors.get('/envelopes/:id/active', openTo('actor', jobActive(reports)));
    actors.post('/envelopes/:id/progress', openTo('actor', envelopeProgress(reports)));
  });

  const { maxResultBytes } = config;
  const uploads = uploadMemory(maxResultBytes);
  const outcome = { reports, maxResultBytes, uploads, reportMemory, log };
  app.register(async (outcomes) => {
    acceptOutcomes(outcomes, outcome);
    failRejected(outcomes, { ...outcome, child: null });
    outcomes.post('/jobs/:id/final', openTo('actor', final(reports)));
  });
  app.register(async (outcomes) => {
    acceptOutcomes(outcomes, outcome);
    failRejected(outcomes, { ...outcome, child: unregisteredChild });
    outcomes.post('/envelopes/:id/final', openTo('actor', envelopeFinal(reports)));
  });
}
