import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget, type Release } from '../../lib/byte-budget.ts';
import { goneSignal } from '../../lib/gone-signal.ts';
import type { Json } from '../../lib/json.ts';
import { JsonError } from '../../lib/json-parse.ts';
import { skimJson, type Skimmed } from '../../lib/json-skim.ts';
import { largestBody, sizeFault } from '../../wire/rejected-report.ts';
import { largeReport, type ReportMemory } from '../../wire/report-memory.ts';
import { storableJson } from '../../wire/storable-json.ts';
import { Problem } from '../problem.ts';

export interface OutcomeBodyOptions {
  /** Most bytes of a result. */
  readonly maxResultBytes: number;
  /** For bodies that come in; see `uploadMemory`. */
  readonly uploads: ByteBudget;
  /** For reports that were decoded and are not committed yet. */
  readonly reportMemory: ReportMemory;
}

/** As many results of the largest size come in at a time. Their senders may be slow. */
const maxUploads = 4;

export function uploadMemory(maxResultBytes: number): ByteBudget {
  return new ByteBudget({ maxBytes: maxUploads * largestBody(maxResultBytes) });
}

/** A body that is not JSON, or nests too deeply, and what can be told of it all the same. */
export class UnreadableOutcome extends JsonError {
  /** Null: nothing. */
  readonly skimmed: Skimmed | null;

  constructor(cause: JsonError, body: Buffer) {
    super(cause.message, { cause });
    this.skimmed = skimJson(body);
  }
}

/** How long a sender waits for others before its body is read; requests as such have a minute. */
const patienceMs = 30_000;

/**
 * Bodies of this scope may hold a result, which may be far larger than other bodies. Characters that no
 * store can hold are replaced, because the work is done and cannot be told in other words.
 *
 * A large body waits for room in memory before it is read, and again before it is decoded.
 */
export function acceptOutcomes(scope: FastifyInstance, options: OutcomeBodyOptions): void {
  const { maxResultBytes, uploads, reportMemory } = options;
  const bodyLimit = largestBody(maxResultBytes);
  const held = new WeakMap<FastifyRequest, (release: Release) => void>();

  scope.addHook('preParsing', async (request, reply, payload) => {
    const bytes = Number(request.headers['content-length'] ?? bodyLimit);
    if (bytes < largeReport || bytes > bodyLimit) return payload;
    const hold = untilAnswered(reply);
    held.set(request, hold);
    hold(await uploads.take(bytes, waitOf(reply)));
    return payload;
  });

  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    async (request: FastifyRequest, body: Buffer) => {
      const fault = sizeFault(body, maxResultBytes);
      if (fault !== null) throw new Problem(413, 'body_too_large', fault);
      const hold = held.get(request);
      if (hold !== undefined)
        hold(await reportMemory.take(body.length, AbortSignal.timeout(patienceMs)));
      return body.length === 0 ? undefined : outcomeOf(body);
    },
  );
}

/** @throws UnreadableOutcome */
function outcomeOf(body: Buffer): Json {
  try {
    return storableJson(body.toString());
  } catch (error) {
    throw error instanceof JsonError ? new UnreadableOutcome(error, body) : error;
  }
}

/** Releases what it is given once the response is over. */
function untilAnswered({ raw }: FastifyReply): (release: Release) => void {
  return (release) => {
    if (raw.destroyed || raw.writableFinished) release();
    else raw.once('close', release);
  };
}

function waitOf({ raw }: FastifyReply): AbortSignal {
  return AbortSignal.any([goneSignal(raw), AbortSignal.timeout(patienceMs)]);
}
