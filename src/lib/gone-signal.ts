import type { ServerResponse } from 'node:http';

/** Aborted once a response is over: sent whole, or its reader gone, which may be the case already. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed || response.writableEnded) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
}
