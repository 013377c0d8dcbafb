import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from '../../calls/client.ts';
import { commonForm, type ResultForm } from '../../calls/call-result.ts';
import type { McpCaller } from '../calls/caller.ts';
import { refusal, type RpcFailure } from '../rpc/failure.ts';
import {
  assumedVersion,
  legacyVersion,
  supportedVersions,
  type LegacyVersion,
} from '../rpc/protocol-version.ts';
import type { Session, Sessions } from './session.ts';

/** A client of a protocol version that begins with `initialize`. */
export interface LegacyCaller extends McpCaller {
  readonly version: LegacyVersion;
  /** Null: the client names none. So nothing is known of it, and its requests cannot be cancelled. */
  readonly session: Session | null;
}

const unknownSession = refusal(404, 'the session is unknown or expired: initialize a new one');

const withoutLinks = commonForm.blockTypes.filter((type) => type !== 'resource_link');

/** Clients refuse a result with a block that their version does not know. */
const forms: { readonly [V in LegacyVersion]: ResultForm } = {
  '2025-11-25': commonForm,
  '2025-06-18': commonForm,
  '2025-03-26': { ...commonForm, blockTypes: withoutLinks },
  '2024-11-05': { ...commonForm, blockTypes: withoutLinks.filter((type) => type !== 'audio') },
};

/** The session that a request names; null: it names none. */
export function sessionOf(
  headers: IncomingHttpHeaders,
  { caller }: Client,
  sessions: Sessions,
): Session | RpcFailure | null {
  const id = textOf(headers['mcp-session-id']);
  if (id === null) return null;
  const session = sessions.read(id);
  // Somebody else's is as good as none: its id is no credential.
  return session === null || session.owner !== caller.owner ? unknownSession : session;
}

/** Who makes a request within a session, or without one. */
export function callerOf(
  headers: IncomingHttpHeaders,
  client: Client,
  sessions: Sessions,
): LegacyCaller | RpcFailure {
  const session = sessionOf(headers, client, sessions);
  if (session !== null && 'error' in session) return session;
  const requested = textOf(headers['mcp-protocol-version']);
  if (requested === null) {
    return callerBy(session?.protocolVersion ?? assumedVersion, session, { headers, client });
  }
  const version = legacyVersion(requested);
  return version === null
    ? unsupportedHeader(requested)
    : callerBy(version, session, { headers, client });
}

/** Who begins a session: its message settles itself what is spoken in it. */
export function newCaller(headers: IncomingHttpHeaders, client: Client): LegacyCaller {
  return callerBy(assumedVersion, null, { headers, client });
}

function callerBy(
  version: LegacyVersion,
  session: Session | null,
  { headers, client }: Pick<LegacyCaller, 'headers' | 'client'>,
): LegacyCaller {
  return {
    client,
    era: 'session',
    version,
    session,
    capabilities: session?.capabilities ?? [],
    headers,
    form: forms[version],
    resumable: true,
    // Clients of earlier versions take the empty event for broken JSON.
    primed: version === '2025-11-25',
  };
}

function unsupportedHeader(requested: string): RpcFailure {
  const { status, error, headers } = refusal(400, 'MCP-Protocol-Version is not supported');
  return {
    status,
    error: { ...error, data: { supported: [...supportedVersions], requested } },
    headers,
  };
}

function textOf(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}
