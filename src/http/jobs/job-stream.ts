import Type from 'typebox';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { StoreUnavailable } from '../../jobs/ports/job-store.ts';
import type { Job, JobUpdate } from '../../jobs/job.ts';
import { openStream } from '../../calls/client.ts';
import type { Log } from '../../lib/log.ts';
import { onAbort } from '../../lib/on-abort.ts';
import { SseStream } from '../../lib/sse.ts';
import { envelopeUpdateJson } from '../actors/envelope-json.ts';
import { invalid } from '../fault.ts';
import { updateJson } from './job-json.ts';
import { jobNotFound } from '../problem.ts';
import { knownParametersOnly, wholeNumber } from './query.ts';
import { jobParams, route } from '../route.ts';

/** How long a client waits before it reconnects. */
const retryMs = 1_000;

export interface JobStreamParts {
  readonly log: Log;
  /** Aborted when the gateway drains: streams end, and clients resume elsewhere. */
  readonly closing: AbortSignal;
}

const streamQuery = Type.Object({ after: Type.Optional(wholeNumber({ minimum: 0 })) });

/** What the two generations of clients expect of a stream. */
interface StreamForm {
  readonly refusesUnknownParameters: boolean;
  /** Does the stream begin with the bare status? That event has no id, so it does not affect resuming. */
  readonly beginsWithStatus: boolean;
  readonly updateJson: (update: JobUpdate) => object;
}

/** A job's updates as Server-Sent Events: the history after a position, then what happens. */
export function streamJob(parts: JobStreamParts) {
  return streamUpdates(parts, {
    refusesUnknownParameters: true,
    beginsWithStatus: true,
    updateJson,
  });
}

/** The same for second-generation clients. */
export function streamEnvelope(parts: JobStreamParts) {
  return streamUpdates(parts, {
    refusesUnknownParameters: false,
    beginsWithStatus: false,
    updateJson: envelopeUpdateJson,
  });
}

function streamUpdates({ log, closing }: JobStreamParts, form: StreamForm) {
  const textOf = encodeOnce(form.updateJson);
  return route({
    schema: {
      params: jobParams,
      querystring: streamQuery,
    },
    ...(form.refusesUnknownParameters && { preValidation: knownParametersOnly(streamQuery) }),
    handler: async (request, reply) => {
      const { client } = request;
      const { jobs } = client;
      const { id } = request.params;
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
      const state = await stateOf(id, jobs);
      if (state === null) throw jobNotFound(id);
      if (request.method === 'HEAD') return reply.type('text/event-stream').send();

      const { expired, close } = openStream(client);
      reply.hijack();
      const stream = new SseStream(reply.raw, { retryMs });
      const endings = [closing, expired].map((signal) => onAbort(signal, () => stream.end()));
      try {
        // Beyond the newest update there is nothing to resume after: what comes next is what is wanted.
        if (form.beginsWithStatus) await stream.send({ event: 'status', data: state.status });
        const updates = jobs.watch(id, {
          after: Math.min(after, state.seq),
          signal: stream.signal,
        });
        await sendUpdates(stream, updates, textOf);
      } catch (error) {
        // Nothing is lost: the client reconnects and resumes after the last update it has.
        if (!(error instanceof StoreUnavailable))
          log.error({ err: error, jobId: id }, 'stream broke');
      } finally {
        for (const forget of endings) forget();
        close();
        stream.end();
      }
      return reply;
    },
  });
}

/** What a stream needs to know of its job. It must not hold the job itself, which can be large. */
async function stateOf(id: string, jobs: ClientJobs): Promise<Pick<Job, 'status' | 'seq'> | null> {
  const job = await jobs.get(id);
  return job && { status: job.status, seq: job.seq };
}

async function sendUpdates(
  stream: SseStream,
  batches: AsyncIterable<readonly JobUpdate[]>,
  textOf: (update: JobUpdate) => string,
): Promise<void> {
  for await (const updates of batches) {
    for (const update of updates) {
      await stream.send({ event: 'update', id: String(update.seq), data: textOf(update) });
    }
  }
}

/** Encodes an update once for all who watch its job, because results can be large. */
function encodeOnce(updateJson: StreamForm['updateJson']): (update: JobUpdate) => string {
  const texts = new WeakMap<JobUpdate, string>();
  return (update) => {
    let text = texts.get(update);
    if (text === undefined) {
      text = JSON.stringify(updateJson(update));
      texts.set(update, text);
    }
    return text;
  };
}

/**
 * The seq after which a client resumes; null: it does not say. It takes precedence over `?after=`,
 * because a browser that reconnects repeats the URL that it began with.
 */
function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (typeof header !== 'string' || !/^(?:0|[1-9]\d{0,14})$/.test(header)) {
    throw invalid('headers: Last-Event-ID must be the id of an update, a whole number');
  }
  return Number(header);
}
