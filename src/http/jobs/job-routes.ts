import Type from 'typebox';
import type { InputAnswers } from '../../jobs/job-input.ts';
import { jobStatuses, type EpochMs } from '../../jobs/job.ts';
import { nullable, optional } from '../../wire/optional.ts';
import { jobIdText } from '../../wire/report.ts';
import { isInstant } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import { storableText } from '../../lib/storable.ts';
import { invalid } from '../fault.ts';
import { jobJson } from './job-json.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';
import { jobNotFound, notAsking, outcomeConflict } from '../problem.ts';
import { knownParametersOnly, wholeNumber } from './query.ts';
import { jobParams, route } from '../route.ts';

const listQuery = Type.Object({
  status: Type.Optional(Type.Enum(jobStatuses)),
  tool: Type.Optional(Type.String({ pattern: '^[^\\u0000]{1,255}$' })),
  parent_id: Type.Optional(jobIdText),
  created_after: Type.Optional(Type.String({ format: 'date-time' })),
  limit: Type.Optional(wholeNumber({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Type.String()),
});

/** Null under a key: it is not answered. */
const inputBody = Type.Object({
  answers: Type.Record(Type.String(), nullable(Type.Unsafe<JsonObject>({ type: 'object' })), {
    minProperties: 1,
  }),
});

const cancelBody = Type.Object({ reason: optional(Type.String({ maxLength: 65_536 })) });

/** Lists jobs, the newest first, a page at a time. */
export function listJobs() {
  return route({
    schema: { querystring: listQuery },
    preValidation: knownParametersOnly(listQuery),
    handler: async ({ query, client: { jobs } }) => {
      const { limit = 50, cursor } = query;
      const createdAfter = instantOf(query.created_after);
      const before = cursor === undefined ? null : decodeCursor(cursor);
      if (cursor !== undefined && before === null) {
        throw invalid('querystring: cursor must be a next_cursor of an earlier answer');
      }
      const page = await jobs.list({
        status: query.status ?? null,
        tool: query.tool ?? null,
        parentId: query.parent_id ?? null,
        createdAfter,
        before,
        limit,
      });
      const last = page.jobs.at(-1);
      const next = page.more && last !== undefined ? encodeCursor(last) : null;
      return { jobs: page.jobs.map(jobJson), next_cursor: next };
    },
  });
}

/** @throws Problem for times that JavaScript does not have, such as leap seconds */
function instantOf(text: string | undefined): EpochMs | null {
  if (text === undefined) return null;
  const instant = Date.parse(text);
  if (!isInstant(instant))
    throw invalid('querystring: created_after must be a time of the years 1 to 9999');
  return instant;
}

export function readJob() {
  return route({
    schema: { params: jobParams },
    handler: async ({ params: { id }, client: { jobs } }) => {
      const job = await jobs.get(id);
      if (job === null) throw jobNotFound(id);
      return jobJson(job);
    },
  });
}

/** Answers what a job asks for. The job goes on once nothing is left to answer. */
export function answerJob() {
  return route({
    schema: { params: jobParams, body: inputBody },
    handler: async ({ params: { id }, body, client: { jobs } }, reply) => {
      const outcome = await jobs.answer(id, given(body.answers));
      if (outcome.kind === 'unknown') throw jobNotFound(id);
      if (outcome.kind === 'invalid') throw invalid(`body/answers: ${outcome.faults.join('; ')}`);
      if (outcome.kind === 'refused' && outcome.refusal !== 'repeated') {
        throw notAsking(outcome.state, outcome.refusal);
      }
      const job = await jobs.get(id);
      if (job === null) throw jobNotFound(id);
      return reply.code(outcome.kind === 'applied' ? 202 : 200).send(jobJson(job));
    },
  });
}

function given(answers: Readonly<Record<string, JsonObject | null>>): InputAnswers {
  const entries = Object.entries(answers).filter(([, answer]) => answer !== null);
  if (entries.length === 0) throw invalid('body/answers must hold an answer');
  return Object.fromEntries(entries) as InputAnswers;
}

export function cancelJob() {
  return route({
    schema: { params: jobParams, body: cancelBody },
    // The body is optional, but validation takes a missing body for null.
    preValidation: async (request) => {
      request.body ??= {};
    },
    handler: async ({ params: { id }, body: { reason }, client: { jobs } }, reply) => {
      const message = typeof reason === 'string' ? storableText(reason) : null;
      const outcome = await jobs.cancel(id, message);
      if (outcome.kind === 'unknown') throw jobNotFound(id);
      if (outcome.kind === 'refused' && outcome.refusal !== 'repeated') {
        throw outcomeConflict(outcome.state);
      }
      const job = await jobs.get(id);
      if (job === null) throw jobNotFound(id);
      return reply.code(outcome.kind === 'applied' ? 202 : 200).send(jobJson(job));
    },
  });
}
