import { waitForUpdate } from '../../calls/job-wait.ts';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { isFinal, type Job } from '../../jobs/job.ts';
import type { Log } from '../../lib/log.ts';
import type { Tool } from '../../tools/tool.ts';
import type { Asker } from '../calls/asker.ts';
import { removedReply } from '../calls/call-reply.ts';
import { thrownReply } from '../rpc/failure.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import type { Listener, PendingReply, ReadyReply, Reply } from '../rpc/reply.ts';

interface TaskCallsParts {
  /** The reply to a call that goes on as a task. */
  readonly created: (id: RequestId, job: Job) => ReadyReply;
  /** Aborted when the gateway drains: waits end. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** Nothing is told before the reply. */
const nobody: Listener = { signal: new AbortController().signal, notify: null };

/** A call of one request. */
interface TaskCall {
  readonly id: RequestId;
  readonly tool: Tool;
  readonly asker: Asker;
  /** As its caller sees them. */
  readonly jobs: ClientJobs;
}

/** How far the caller knows a job. */
type JobPosition = Pick<Job, 'id' | 'seq'>;

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
  begin(job: Job, call: TaskCall): Reply {
    if (!call.tool.asksFirst) return this.#parts.created(call.id, job);
    return this.#pending({ id: job.id, seq: job.seq }, call);
  }

  /**
   * A call that is made again with the answers.
   *
   * @throws StoreUnavailable or Overloaded
   */
  async resume(job: Job, { id, asker, jobs }: TaskCall): Promise<ReadyReply> {
    const { created } = this.#parts;
    if (job.status !== 'InputRequired') return created(id, job);
    const outcome = await asker.ask(job, { id, eventId: null, ownsJob: true }, nobody);
    if (outcome.kind === 'reply') return outcome.reply;
    return created(id, (await jobs.get(job.id)) ?? job);
  }

  #pending(position: JobPosition, call: TaskCall): PendingReply {
    return {
      kind: 'pending',
      primingEventId: null,
      settle: (listener) => this.#settle(position, call, listener),
    };
  }

  async #settle(
    position: JobPosition,
    call: TaskCall,
    listener: Listener,
  ): Promise<ReadyReply | null> {
    try {
      return await this.#hearFirst(position, call, listener);
    } catch (error) {
      return thrownReply(call.id, error, this.#parts.log);
    }
  }

  /** Waits for the tool's question as long as the tool lets a caller wait. */
  async #hearFirst(
    position: JobPosition,
    call: TaskCall,
    listener: Listener,
  ): Promise<ReadyReply | null> {
    const { closing } = this.#parts;
    const { jobs } = call;
    await waitForUpdate(jobs, position.id, {
      timeoutMs: call.tool.waitSeconds * 1_000,
      stopOn: [closing, listener.signal],
      after: position.seq,
      until: ({ status }) => status === 'InputRequired' || isFinal(status),
    });
    if (listener.signal.aborted && !closing.aborted) {
      await jobs.cancel(position.id, 'the MCP client disconnected');
      return null;
    }
    const job = await jobs.get(position.id);
    return job === null ? removedReply(call.id, position.id) : this.resume(job, call);
  }
}
