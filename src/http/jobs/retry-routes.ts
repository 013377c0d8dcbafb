import Type from 'typebox';
import type { JobRetries, RetryOutcome } from '../../calls/job-retries.ts';
import type { Job } from '../../jobs/job.ts';
import { invalid } from '../fault.ts';
import { jobJson } from './job-json.ts';
import { jobNotFound, Problem } from '../problem.ts';
import { jobParams, route } from '../route.ts';

const retryBody = Type.Object({
  // Of any kind: what is wrong with them is for the tool to say.
  arguments: Type.Optional(Type.Unknown()),
});

/** Repeats a finished job as a new one. Asked for twice with the same arguments, it makes one job. */
export function retryJob(retries: JobRetries) {
  return route({
    schema: { params: jobParams, body: retryBody },
    // The body is optional, and validation takes a missing one for null.
    preValidation: async (request) => {
      request.body ??= {};
    },
    handler: async ({ params: { id }, body, client }, reply) => {
      const outcome = await retries.retry(client, id, body.arguments ?? undefined);
      const job = jobOf(id, outcome);
      reply.header('location', `/jobs/${job.id}`);
      return reply.code(outcome.kind === 'created' ? 201 : 200).send(jobJson(job));
    },
  });
}

/** @throws Problem if there is no job that repeats the other */
function jobOf(id: string, outcome: RetryOutcome): Job {
  switch (outcome.kind) {
    case 'created':
    case 'existing':
      return outcome.job;
    case 'unknown':
      throw jobNotFound(id);
    case 'invalid':
      throw invalid(`body/arguments: ${outcome.faults.join('; ')}`);
    case 'unfinished':
      throw new Problem(
        409,
        'job_unfinished',
        `job ${id} is ${outcome.job.status}; it can be retried once it is finished`,
      );
    case 'not-callable':
      throw new Problem(
        409,
        'job_not_retryable',
        outcome.job.tool === null
          ? `job ${id} was not made by a tool`
          : `job ${id} was made by the tool ${outcome.job.tool}, which is not on offer any more`,
      );
  }
}
