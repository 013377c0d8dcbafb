import type { InputRequest, InputRequests } from '../../jobs/job-input.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** The client capabilities that a server can use. The gateway does not remember others. */
const clientCapabilities = [
  'elicitation',
  'elicitation.form',
  'elicitation.url',
  'roots',
  'sampling',
  'sampling.tools',
  'tasks',
] as const;

export type ClientCapability = (typeof clientCapabilities)[number];

/** Which of the capabilities a client declares. */
export function declaredCapabilities(declared: Json | undefined): ClientCapability[] {
  return clientCapabilities.filter((path) => {
    let at = declared;
    for (const name of path.split('.')) at = isJsonObject(at) ? at[name] : undefined;
    return isJsonObject(at);
  });
}

export function knownCapabilities(names: readonly Json[]): ClientCapability[] {
  return clientCapabilities.filter((name) => names.includes(name));
}

/** Can a client be asked for anything at all, by what it declared? */
export function canBeAsked(declared: readonly ClientCapability[]): boolean {
  return declared.some((name) => name !== 'tasks');
}

/** The requests that a client can answer, by what it declared. */
export function answerable(
  requests: InputRequests,
  declared: readonly ClientCapability[],
): InputRequests {
  return Object.fromEntries(
    Object.entries(requests).filter(([, request]) =>
      declared.includes(capabilityFor(request, declared)),
    ),
  );
}

/** The capabilities that a client needs to answer these requests (MCP 2026-07-28, schema, "ClientCapabilities"). */
export function capabilitiesFor(requests: InputRequests): JsonObject {
  const capabilities: Record<string, JsonObject> = {};
  for (const request of Object.values(requests)) {
    const [name = '', part] = capabilityFor(request, []).split('.');
    const parts = (capabilities[name] ??= {});
    if (part !== undefined) parts[part] = {};
  }
  return capabilities;
}

/**
 * The capability that a client needs to answer a request. An empty `elicitation` means forms (MCP
 * 2025-11-25, client/elicitation, "Capabilities"). Sampling with tools has a capability of its own
 * (client/sampling, "Tools in Sampling").
 */
function capabilityFor(
  { method, params }: InputRequest,
  declared: readonly ClientCapability[],
): ClientCapability {
  switch (method) {
    case 'elicitation/create':
      if (params['mode'] === 'url') return 'elicitation.url';
      return declared.includes('elicitation.url') ? 'elicitation.form' : 'elicitation';
    case 'sampling/createMessage':
      return params['tools'] === undefined ? 'sampling' : 'sampling.tools';
    case 'roots/list':
      return 'roots';
  }
}
