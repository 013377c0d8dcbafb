/**
 * What a client wants to do with a job:
 * - read: see it, its updates, or which jobs there are
 * - call: make it, or answer what it asks
 * - cancel: end it
 */
export type JobRight = 'read' | 'call' | 'cancel';

/** On whose behalf a client reaches jobs. */
export interface Viewer {
  /** Whose the jobs are that it makes, and which ones it answers. Null: nobody is asked who they are. */
  readonly owner: string | null;
  /** Whether it sees everybody's jobs. Otherwise it sees its own, and no others exist for it. */
  readonly seesAll: boolean;
  /** @throws whatever tells the client that it may not do this */
  assertMay(right: JobRight): void;
  /** Told of what it does with jobs that are not its own, and of every cancellation. */
  note(action: 'read' | 'listed' | 'cancelled', jobId: string | null): void;
}

/** The viewer of a gateway that asks nobody who they are: everything is everybody's. */
export const everybody: Viewer = {
  owner: null,
  seesAll: true,
  assertMay: () => {},
  note: () => {},
};
