import type { Refusal } from '../../jobs/rules/decision.ts';
import type { JobEvent } from '../../jobs/event.ts';
import type { ActorReports } from '../../jobs/engine/actor-reports.ts';
import { isFinal, type JobState } from '../../jobs/job.ts';
import {
  finalBody,
  finalEvent,
  heartbeatBody,
  heartbeatEvent,
  progressBody,
  progressEvent,
} from '../../wire/report.ts';
import { invalid } from '../fault.ts';
import { jobGone, jobNotFound, outcomeConflict } from '../problem.ts';
import { jobParams, route } from '../route.ts';

/** Tells an actor, before it works, whether its job still needs the work. An unknown job does not. */
export function jobActive(reports: ActorReports) {
  return route({
    schema: { params: jobParams },
    handler: async ({ params: { id } }, reply) => {
      const active = await reports.isActive(id);
      return reply.code(active ? 200 : 410).send({ active });
    },
  });
}

/** Takes an actor's sign of life. */
export function heartbeat(reports: ActorReports) {
  return route({
    schema: { params: jobParams, body: heartbeatBody },
    handler: async ({ params, body }) => {
      const { status } = await report(reports, params.id, heartbeatEvent(body));
      return { status: 'ok', active: !isFinal(status) };
    },
  });
}

/** Takes how far a job's message has come. */
export function progress(reports: ActorReports) {
  return route({
    schema: { params: jobParams, body: progressBody },
    handler: async ({ params, body }) => {
      const { progressPercent } = await report(reports, params.id, progressEvent(body));
      return { status: 'ok', progress_percent: progressPercent };
    },
  });
}

/**
 * An outcome that was there before, or that another attempt has taken the place of. Whoever sends it
 * has done all there is to do.
 */
const harmless: ReadonlySet<Refusal> = new Set(['repeated', 'stale-attempt']);

/**
 * Takes how the work ended. The same report changes nothing when it comes again, as it does from
 * senders that got no response.
 */
export function final(reports: ActorReports) {
  return route({
    schema: { params: jobParams, body: finalBody },
    handler: async ({ params: { id }, body }) => {
      if (typeof body.job_id === 'string' && body.job_id !== id) {
        throw invalid(`body: job_id must be ${id}, as in the path`);
      }
      const outcome = await reports.take({ jobId: id, event: finalEvent(body) });
      if (outcome.kind === 'unknown') throw jobNotFound(id);
      if (outcome.kind === 'refused' && !harmless.has(outcome.refusal)) {
        throw outcomeConflict(outcome.state);
      }
      return { status: 'ok' };
    },
  });
}

async function report(reports: ActorReports, id: string, event: JobEvent): Promise<JobState> {
  const outcome = await reports.take({ jobId: id, event });
  switch (outcome.kind) {
    case 'applied':
      return outcome.state;
    case 'refused':
      throw jobGone(outcome.state, outcome.refusal);
    case 'unknown':
      throw jobNotFound(id);
  }
}
