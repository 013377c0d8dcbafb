import {
  envelopeChildBody,
  envelopeFinalBody,
  envelopeFinalEvent,
  envelopeProgressBody,
  envelopeProgressEvent,
} from '../wire/second-generation.ts';
import type { ActorReports } from '../jobs/actor-reports.ts';
import type { ChildClaim } from '../jobs/child.ts';
import { envelopeJson } from './envelope-json.ts';
import { invalid } from './fault.ts';
import { jobNotFound } from './problem.ts';
import { jobParams, route } from './route.ts';

/*
 * The same jobs for second-generation sidecars and clients, under the names they use. Their sidecars
 * repeat a report five times unless it is a 200, three reports a step, and give up what they report
 * only once; so what is well-formed is never refused for the state its job is in.
 */

/** A job that nobody knows is a fan-out child whose sidecar did not register it. */
export const unregisteredChild: ChildClaim = { parentId: null, steps: [], orphan: 'create' };

export function readEnvelope() {
  return route({
    schema: { params: jobParams },
    handler: async ({ params: { id }, client: { jobs } }) => {
      const job = await jobs.get(id);
      if (job === null) throw jobNotFound(id);
      return envelopeJson(job);
    },
  });
}

/** How far a message has come. A report that comes too late, or for an unknown job, changes nothing. */
export function envelopeProgress(reports: ActorReports) {
  return route({
    schema: { params: jobParams, body: envelopeProgressBody },
    handler: async ({ params: { id }, body }) => {
      const event = envelopeProgressEvent(body);
      const outcome = event === null ? null : await reports.take({ jobId: id, event });
      const known = outcome === null || outcome.kind === 'unknown' ? null : outcome.state;
      return { status: 'ok', progress_percent: known?.progressPercent ?? 0 };
    },
  });
}

/** How the work ended; of a job nobody knows, it is a fan-out child that was not registered. */
export function envelopeFinal(reports: ActorReports) {
  return route({
    schema: { params: jobParams, body: envelopeFinalBody },
    handler: async ({ params: { id }, body }) => {
      if (typeof body.id === 'string' && body.id !== id) {
        throw invalid(`body: id must be ${id}, as in the path`);
      }
      const child = { ...unregisteredChild, steps: body.actors ?? [] };
      const outcome = await reports.take({ jobId: id, event: envelopeFinalEvent(body), child });
      const stands = outcome.kind === 'refused' && outcome.refusal !== 'repeated';
      return { status: stands ? 'ignored' : 'ok' };
    },
  });
}

/** Registers a fan-out child. It is not published: the sidecar sends the child's message itself. */
export function createEnvelope(reports: ActorReports) {
  return route({
    schema: { body: envelopeChildBody },
    handler: async ({ body }, reply) => {
      const { id, parent_id: parentId = null, actors, current } = body;
      const created = await reports.register({ id, parentId, steps: actors ?? [], current });
      return reply.code(created ? 201 : 200).send({ status: created ? 'created' : 'exists', id });
    },
  });
}
