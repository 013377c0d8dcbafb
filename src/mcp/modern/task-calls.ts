import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { isFinal, type Job } from '../../jobs/job.ts';
import type { Log } from '../../lib/log.ts';
import type { Tool } from '../../tools/tool.ts';
import type { Answer, Listener, ReadyAnswer } from '../rpc/reply.ts';
import { thrownAnswer } from '../rpc/failure.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import type { Questions } from '../calls/questions.ts';
import type { ToolCalls } from '../../calls/tool-calls.ts';

interface TaskCallsParts {
  readonly jobs: ClientJobs;
  readonly toolCalls: ToolCalls;
  /** The answer to a call that goes on as a task. */
  readonly created: (id: RequestId, job: Job) => ReadyAnswer;
  /** Aborted when the gateway drains: waits end. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** Nothing is told before the answer. */
const nobody: Listener = { signal: new AbortController().signal, notify: null };

/** A call of one request. */
interface TaskCall {
  readonly id: RequestId;
  readonly tool: Tool;
  readonly questions: Questions;
}

/**
 * Calls that go on as tasks. What a tool asks before it works is part of the call (Tasks extension,
 * "Task Creation"); all that it asks later, the task shows.
 */
export class TaskCalls {
  readonly #parts: TaskCallsParts;

  constructor(parts: TaskCallsParts) {
    this.#parts = parts;
  }

  /** @param job the call's, just begun */
  begin(job: Job, call: TaskCall): Answer {
    const { created, log } = this.#parts;
    if (!call.tool.asksFirst) return created(call.id, job);
    return {
      kind: 'pending',
      primingEventId: null,
      settle: async (listener) => {
        try {
          return await this.#hearFirst(job, call, listener);
        } catch (error) {
          return thrownAnswer(call.id, error, log);
        }
      },
    };
  }

  /**
   * A call that is made again with the answers.
   *
   * @throws StoreUnavailable or Overloaded
   */
  async resume(job: Job, { id, questions }: TaskCall): Promise<ReadyAnswer> {
    const { jobs, created } = this.#parts;
    if (job.status !== 'InputRequired') return created(id, job);
    const put = await questions.put(job, { id, eventId: null, ownsJob: true }, nobody);
    if (put.kind === 'response') return put.answer;
    return created(id, (await jobs.get(job.id)) ?? job);
  }

  /** Waits for the tool's question as long as the tool lets a caller wait. */
  async #hearFirst(job: Job, call: TaskCall, listener: Listener): Promise<ReadyAnswer | null> {
    const { jobs, toolCalls, closing } = this.#parts;
    await toolCalls.awaitUpdate(job.id, {
      timeoutMs: call.tool.waitSeconds * 1_000,
      signal: AbortSignal.any([closing, listener.signal]),
      after: job.seq,
      until: ({ status }) => status === 'InputRequired' || isFinal(status),
    });
    if (listener.signal.aborted && !closing.aborted) {
      await jobs.cancel(job.id, 'CancelledByClient', 'the MCP client disconnected');
      return null;
    }
    return this.resume((await jobs.get(job.id)) ?? job, call);
  }
}
