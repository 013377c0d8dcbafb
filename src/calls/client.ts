import type { Admission } from '../access/admission.ts';
import { anyone, missingScopes, operateScope, type Caller } from '../access/caller.ts';
import { assertRight } from '../access/not-allowed.ts';
import type { ClientJobs } from '../jobs/engine/client-jobs.ts';
import type { SharedJobs } from '../jobs/engine/shared-jobs.ts';
import { everybody, type Viewer } from '../jobs/viewer.ts';
import type { Log } from '../lib/log.ts';
import { callAfter } from '../lib/timer.ts';
import { systemClock } from '../lib/clock.ts';
import type { Tool } from '../tools/tool.ts';

/** Who makes a request, and what they reach by it. */
export interface Client {
  readonly caller: Caller;
  /** The jobs as the caller sees them. */
  readonly jobs: ClientJobs;
  /** Null: nothing is limited. */
  readonly admission: Admission | null;
}

interface ClientsParts {
  readonly jobs: SharedJobs;
  readonly admission: Admission | null;
  readonly log: Log;
}

/** Makes clients of callers. */
export class Clients {
  readonly #parts: ClientsParts;
  /** The client of a gateway that asks nobody who they are. */
  readonly open: Client;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
    this.open = { caller: anyone, jobs: parts.jobs.as(everybody), admission: null };
  }

  of(caller: Caller): Client {
    const { jobs, admission, log } = this.#parts;
    return { caller, jobs: jobs.as(viewerOf(caller, log)), admission };
  }
}

function viewerOf(caller: Caller, log: Log): Viewer {
  return {
    owner: caller.owner,
    seesAll: caller.scopes.has(operateScope),
    assertMay: (right) => assertRight(caller, right),
    note: (action, jobId) => {
      log.info({ audit: true, owner: caller.owner, action, jobId }, `job ${action}`);
    },
  };
}

/** Whether a client is shown a tool, and may be told of it. */
export function isOffered({ scopes }: Tool, { caller }: Client): boolean {
  return missingScopes(caller, scopes).length === 0;
}

/**
 * Whether a tool exists for a client that calls it. Who comes with a token can get another one with
 * more scopes, and is told which. A key has the scopes it has, so to it the tool is unknown.
 */
export function isKnown(tool: Tool, client: Client): boolean {
  return client.caller.scheme !== 'key' || isOffered(tool, client);
}

/** Takes what a client wants from what its owner may still have. */
export interface ClientLimits {
  /** @throws LimitReached */
  takeCall(): void;
  /** @throws LimitReached, StoreUnavailable or Overloaded */
  takeJob(): Promise<void>;
}

/** Null: the client is not limited. */
export function limitsOn({ caller: { owner }, admission }: Client): ClientLimits | null {
  if (owner === null || admission === null) return null;
  return {
    takeCall: () => admission.takeCall(owner),
    takeJob: () => admission.takeJob(owner),
  };
}

/** A stream of events to one client. */
export interface ClientStream {
  /** Aborted when the caller's credential ends. */
  readonly expired: AbortSignal;
  /** To be called once the stream is over. */
  readonly close: () => void;
}

/** Opens a stream of events, as far as the client may have one more. @throws LimitReached */
export function openStream({ caller, admission }: Client): ClientStream {
  const { owner, expiresAt } = caller;
  const leave = owner === null ? null : admission?.openStream(owner);
  const ending = new AbortController();
  const stopTimer =
    expiresAt === null
      ? null
      : callAfter(Math.max(0, expiresAt - systemClock()), () => ending.abort());
  return {
    expired: ending.signal,
    close: () => {
      stopTimer?.();
      leave?.();
    },
  };
}
