import type { Clock } from '../../lib/clock.ts';
import { cancelledWith, childJob, parentIdOf, type Child, type ChildClaim } from '../child.ts';
import type { JobEvent } from '../event.ts';
import type { JobCreator } from './job-creator.ts';
import type { JobEvents } from './job-events.ts';
import type { JobReader } from './job-reader.ts';
import type { ApplyOutcome } from '../ports/job-store.ts';
import { isActive, isFinal } from '../job.ts';
import { transition } from '../rules/transition.ts';

/** What an actor tells of a job, whatever way and form it came by. */
export interface ActorReport {
  readonly jobId: string;
  readonly event: JobEvent;
  /**
   * What the report knows of the job if that is a fan-out child that nobody registered: the child is
   * then created as the event leaves it. Absent: an unknown job stays unknown.
   */
  readonly child?: ChildClaim | null;
}

interface ActorReportsParts {
  readonly reader: JobReader;
  readonly creator: JobCreator;
  readonly events: JobEvents;
  readonly clock: Clock;
}

/**
 * Everything that actors may do with jobs, and the only way by which an actor reaches one.
 *
 * Every method throws StoreUnavailable while the store is away, and Overloaded when too many calls
 * are waiting for it.
 */
export class ActorReports {
  readonly #parts: ActorReportsParts;

  constructor(parts: ActorReportsParts) {
    this.#parts = parts;
  }

  /** Reports of one job that are taken in order are decided in order. */
  async take(report: ActorReport): Promise<ApplyOutcome> {
    const { jobId, event, child = null } = report;
    const outcome = await this.#parts.events.apply(jobId, event);
    if (outcome.kind !== 'unknown' || child === null) return outcome;
    return this.#adopt(jobId, event, child);
  }

  /**
   * Stores a fan-out child whose message an actor's sidecar sends by itself. The child ends when its
   * parent has to, and at once if its parent was cancelled.
   *
   * @returns false if it was there already
   */
  async register(child: Child): Promise<boolean> {
    const { reader, creator, clock } = this.#parts;
    const parent = child.parentId === null ? null : await reader.get(child.parentId);
    const created = await creator.create(childJob(child, parent, clock()));
    await this.#endWithParent(child.id, child.parentId);
    return created;
  }

  /**
   * May an actor (still) work on this job? False for an unknown one.
   *
   * @param attempt the attempt that the actor works on, whose work is in vain once a later one began.
   *   Default: null, the actor does not tell
   */
  async isActive(id: string, attempt: number | null = null): Promise<boolean> {
    const { reader, clock } = this.#parts;
    const job = await reader.get(id);
    if (job === null || (attempt !== null && attempt < job.attempt)) return false;
    return isActive(job, clock());
  }

  async #adopt(id: string, event: JobEvent, claim: ChildClaim): Promise<ApplyOutcome> {
    const { reader, creator, events, clock } = this.#parts;
    const likelyParent = claim.parentId ?? parentIdOf(id);
    const parent = likelyParent === null ? null : await reader.get(likelyParent);
    // A parent that the message names may have been removed since. One that is only guessed from the
    // id has to exist, because any id may end in a number.
    const parentId = claim.parentId ?? parent?.id ?? null;
    if (parentId === null && claim.orphan === 'refuse') return { kind: 'unknown' };

    const now = clock();
    const child = childJob({ id, parentId, steps: claim.steps, current: 0 }, parent, now);
    // The event is the first entry of the child's history.
    const decision = transition({ ...child, seq: 0 }, event, now);
    if (decision.kind === 'refused') return { kind: 'unknown' };
    if (!(await creator.create({ ...child, ...decision.state }))) return events.apply(id, event);
    events.committed([decision]);
    if (!isFinal(decision.state.status)) await this.#endWithParent(id, parentId);
    return decision;
  }

  /**
   * Cancels a child whose parent was cancelled. A cancellation takes along the children that there are,
   * so the parent is looked at once more after the child was stored: whichever comes second ends it.
   */
  async #endWithParent(id: string, parentId: string | null): Promise<void> {
    const { reader, events } = this.#parts;
    const parent = parentId === null ? null : await reader.get(parentId);
    if (parent?.status !== 'Cancelled') return;
    await events.apply(id, cancelledWith(parent));
  }
}
