import type { Job } from '../../jobs/job.ts';
import type { AskingRequest, AskOutcome, Asker } from '../calls/asker.ts';
import { answerable, type ClientCapability } from '../calls/client-capabilities.ts';
import { relatedTaskKey } from '../rpc/meta-keys.ts';
import type { Listener } from '../rpc/reply.ts';
import { questionId } from './question-id.ts';

/** Whom a question goes to. */
interface Audience {
  readonly capabilities: readonly ClientCapability[];
  /** Whether the request is about a task, which its questions then name. */
  readonly ofTask: boolean;
}

/**
 * Asks by requests to the client, on the stream that replies to the client's own (MCP up to
 * 2025-11-25, client/elicitation, client/sampling, client/roots).
 */
export class StreamAsker implements Asker {
  readonly #audience: Audience;
  readonly #sent = new Set<string>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  async ask(job: Job, { eventId }: AskingRequest, { notify }: Listener): Promise<AskOutcome> {
    const { capabilities, ofTask } = this.#audience;
    const requests = Object.entries(answerable(job.input?.requests ?? {}, capabilities));
    if (requests.length === 0 || notify === null) return { kind: 'nobody' };
    // After some of the answers, the client still has the other questions.
    const unsent = requests.filter(([key]) => !this.#sent.has(key));
    const _meta = ofTask ? { _meta: { [relatedTaskKey]: { taskId: job.id } } } : {};
    for (const [i, [key, { method, params }]] of unsent.entries()) {
      this.#sent.add(key);
      const id = questionId(job.id, key);
      const message = { jsonrpc: '2.0', id, method, params: { ...params, ..._meta } };
      // Only the last one has an event id: a stream that is cut before it begins with the first again.
      await notify(message, i === unsent.length - 1 ? eventId : null);
    }
    return { kind: 'asked' };
  }
}
