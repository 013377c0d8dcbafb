import {
  envelopeChildBody,
  envelopeFinalBody,
  envelopeFinalEvent,
  envelopeProgressBody,
  envelopeProgressEvent,
} from '../../wire/second-generation.ts';
import type { ActorReports } from '../../jobs/engine/actor-reports.ts';
import type { ChildClaim } from '../../jobs/child.ts';
import { envelopeJson } from './envelope-json.ts';
import { invalid } from '../fault.ts';
import { jobNotFound } from '../problem.ts';
import { jobParams, route } from '../route.ts';

/*
 * These routes show the same jobs to sidecars and clients of the second generation, under the names that
 * those use. A sidecar sends a report again, up to five times, unless the response is a 200, and it gives
 * up reports that it sends only once. So no well-formed report is refused because of its job's state.
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

/** Takes how far a message has come. It changes nothing of a finished or an unknown job. */
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

/** Takes how the work ended. An unknown job is a fan-out child that was not registered, and is created. */
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

/** Registers a fan-out child. The gateway publishes nothing, because the sidecar sends the message. */
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
