/** How a client takes a reply that has to be waited for. */
export type ReplyForm = 'stream' | 'json';

/**
 * Reads a POST's `Accept`. Clients must name both types (MCP 2025-11-25, transports); one that names
 * no stream, or nothing at all, gets JSON. Null: it takes neither.
 */
export function replyForm(accept: string | undefined): ReplyForm | null {
  if (accept === undefined) return 'json';
  const types = mediaTypes(accept);
  if (types.has(eventStream)) return 'stream';
  // A wildcard comes from general HTTP clients, which do not read streams.
  return ['application/json', 'application/*', '*/*'].some((type) => types.has(type))
    ? 'json'
    : null;
}

/** Does a GET's `Accept` name streams, as it must? A browser's wildcard would get a page that never ends. */
export function acceptsStream(accept: string | undefined): boolean {
  return accept !== undefined && mediaTypes(accept).has(eventStream);
}

const eventStream = 'text/event-stream';

function mediaTypes(accept: string): ReadonlySet<string> {
  return new Set(
    accept.split(',').map((range) => (range.split(';', 1)[0] ?? '').trim().toLowerCase()),
  );
}
