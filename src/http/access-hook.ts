import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access, AccessRefusal, Identification } from '../access/access.ts';
import type { Caller } from '../access/caller.ts';
import { challengeHeader } from '../access/challenge.ts';
import { assertRight, scopeOf, type Right } from '../access/not-allowed.ts';
import type { Client, Clients } from '../calls/client.ts';
import { Problem } from './problem.ts';

/**
 * Who may use a route:
 * - public: anybody
 * - caller: whoever shows who they are; what they may do depends on the message
 * - actor: actors
 * - else: callers with this right
 */
export type RouteAccess = 'public' | 'caller' | 'actor' | Right;

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Who makes the request; there for every route of callers. */
    client: Client;
  }
}

/** Told of what became of a credential. */
export type AuthListener = (
  scheme: Caller['scheme'] | 'none' | 'actor',
  outcome: 'accepted' | 'refused' | 'forbidden',
  owner: string | null,
) => void;

export interface AccessHookParts {
  /** The rules of the moment. Null: nobody is asked who they are. */
  readonly access: (() => Access) | null;
  readonly clients: Clients;
  readonly onAuth: AuthListener;
  /** Whether actors are refused even if the rules hold no key for them. Default: true. */
  readonly actorsNeedKeys?: boolean;
}

/** A route's options, with who may use it. */
export function openTo<T extends object>(
  access: RouteAccess,
  options: T,
): T & { config: { access: RouteAccess } } {
  return { ...options, config: { access } };
}

/**
 * Refuses every request that does not show that it may use its route, before its body is read. A route
 * that does not say who may use it cannot be added, so that none is open by mistake.
 */
export function admitCallers(app: FastifyInstance, parts: AccessHookParts): void {
  app.decorateRequest('client');
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined) throw new Error(`${url} does not say who may use it`);
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { access: needed = 'caller' } = request.routeOptions.config;
    if (needed === 'public') return done();
    if (parts.access === null) {
      request.client = parts.clients.open;
      return done();
    }
    const access = parts.access();
    const credentials = authorizations(request);
    reply.raw.setHeader('cache-control', 'no-store');
    if (needed === 'actor') return done(actorRefusal(access, credentials, parts) ?? undefined);
    const admit = (verdict: Identification): Error | undefined =>
      admitted(verdict, { request, access, needed, parts });
    const verdict = access.identify(credentials);
    if (!(verdict instanceof Promise)) return done(admit(verdict));
    void admitOnceKnown(verdict, admit, done);
  });
}

/** Never rejects: what went wrong is the refusal. */
async function admitOnceKnown(
  verdict: Promise<Identification>,
  admit: (verdict: Identification) => Error | undefined,
  done: (refusal?: Error) => void,
): Promise<void> {
  let refusal: Error | undefined;
  try {
    refusal = admit(await verdict);
  } catch (error) {
    refusal = error as Error;
  }
  done(refusal);
}

interface Admitting {
  readonly request: FastifyRequest;
  readonly access: Access;
  readonly needed: 'caller' | Right;
  readonly parts: AccessHookParts;
}

/** Lets a caller in; else why not. */
function admitted(
  verdict: Identification,
  { request, access, needed, parts }: Admitting,
): Error | undefined {
  const { clients, onAuth } = parts;
  if (verdict.kind === 'refused') {
    onAuth('none', 'refused', null);
    const right = needed === 'caller' ? 'call' : needed;
    return refusal(verdict, access.resourceMetadata, [scopeOf(right)]);
  }
  const { caller } = verdict;
  try {
    if (needed !== 'caller') assertRight(caller, needed);
  } catch (error) {
    onAuth(caller.scheme, 'forbidden', caller.owner);
    return error as Error;
  }
  onAuth(caller.scheme, 'accepted', caller.owner);
  request.client = clients.of(caller);
  return undefined;
}

function actorRefusal(
  access: Access,
  credentials: readonly string[],
  { onAuth, actorsNeedKeys = true }: AccessHookParts,
): Problem | null {
  if (!actorsNeedKeys && access.rules.actorKeys.length === 0) return null;
  const found = access.refusalOfActor(credentials);
  onAuth('actor', found === null ? 'accepted' : 'refused', null);
  return found && refusal(found, null, []);
}

/** As it was sent: Node.js keeps only the first one of several. */
function authorizations({ raw, headers }: FastifyRequest): readonly string[] {
  const { authorization } = headers;
  if (authorization === undefined) return [];
  const { rawHeaders } = raw;
  return rawHeaders.filter(
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'authorization',
  );
}

function refusal(
  { error, description }: AccessRefusal,
  resourceMetadata: string | null,
  scopes: readonly string[],
): Problem {
  const challenge = challengeHeader({
    resourceMetadata,
    scopes,
    error,
    description: error === null ? null : description,
  });
  const headers = { 'www-authenticate': challenge };
  return error === 'invalid_request'
    ? new Problem(400, 'invalid_request', description, { headers })
    : new Problem(401, 'unauthenticated', description, { headers });
}
