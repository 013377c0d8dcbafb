import type { Job, JobState } from '../jobs/job.ts';
import { columnName, type Column, type SqlType } from './columns.ts';
import type { JobRow, StateRow } from './rows.ts';

/** A column of what transitions decide by: they change it, or only read it. */
interface StateColumn {
  readonly type: SqlType;
  readonly use: 'changed' | 'read';
  /** Default: the field of the same name. */
  readonly of?: (state: JobState) => unknown;
}

/** A column that is written when the job is created, and that no transition reads. */
interface KeptColumn {
  readonly type: SqlType;
  readonly use: 'kept';
}

type Columns = { readonly [Field in keyof StateRow]: StateColumn } & {
  readonly [Field in Exclude<keyof JobRow, keyof StateRow>]: KeptColumn;
};

/**
 * The columns of `jobs` that hold a job, by their names in camel case. Every list of columns in SQL,
 * and the check of the schema, is made from this table. A new field of a job is one row here, and one
 * migration.
 */
const columns: Columns = {
  id: { type: 'text', use: 'read' },
  parentId: { type: 'text', use: 'kept' },
  owner: { type: 'text', use: 'kept' },
  tool: { type: 'text', use: 'read' },
  status: { type: 'text', use: 'changed' },
  reason: { type: 'text', use: 'changed' },
  routeSteps: { type: 'text[]', use: 'changed', of: ({ route }) => route.steps },
  routeCurrent: { type: 'int', use: 'changed', of: ({ route }) => route.current },
  routeMetadata: { type: 'jsonb', use: 'read', of: ({ route }) => route.metadata },
  headers: { type: 'jsonb', use: 'kept' },
  payload: { type: 'jsonb', use: 'kept' },
  result: { type: 'jsonb', use: 'changed' },
  error: { type: 'text', use: 'changed' },
  errorDetails: { type: 'jsonb', use: 'changed' },
  message: { type: 'text', use: 'changed' },
  progressPercent: { type: 'float8', use: 'changed' },
  currentStep: { type: 'text', use: 'changed' },
  stepStatus: { type: 'text', use: 'changed' },
  stepsCompleted: { type: 'int', use: 'changed' },
  timeoutSeconds: { type: 'float8', use: 'kept' },
  deadline: { type: 'timestamptz', use: 'changed' },
  heartbeatTimeoutSeconds: { type: 'float8', use: 'read' },
  lastHeartbeatAt: { type: 'timestamptz', use: 'changed' },
  heartbeatDueAt: { type: 'timestamptz', use: 'changed' },
  input: { type: 'jsonb', use: 'changed' },
  inputTimeoutSeconds: { type: 'float8', use: 'read' },
  retry: { type: 'jsonb', use: 'read' },
  attempt: { type: 'int', use: 'changed' },
  retryAt: { type: 'timestamptz', use: 'changed' },
  retryOf: { type: 'text', use: 'kept' },
  dispatchedAt: { type: 'timestamptz', use: 'changed' },
  outboxSeq: { type: 'int', use: 'changed' },
  seq: { type: 'int', use: 'changed' },
  createdAt: { type: 'timestamptz', use: 'read' },
  updatedAt: { type: 'timestamptz', use: 'changed' },
  finishedAt: { type: 'timestamptz', use: 'changed' },
};

/** The columns of `jobs` that the outbox alone uses. */
export const outboxColumns: readonly string[] = ['dispatch_after', 'unroutable_since'];

/** All that a job consists of. */
export const jobColumns: readonly Column<Job>[] = pick<Job>('changed', 'read', 'kept');

/** What a transition decides by. */
export const stateColumns: readonly Column<JobState>[] = pick<JobState>('changed', 'read');

/** What a transition may change. */
export const changedColumns: readonly Column<JobState>[] = pick<JobState>('changed');

/** By which a row is found. */
export const keyColumn: Column<JobState> = { name: 'id', type: 'text', of: ({ id }) => id };

function pick<T extends JobState>(...uses: readonly string[]): Column<T>[] {
  return Object.entries<StateColumn | KeptColumn>(columns)
    .filter(([, { use }]) => uses.includes(use))
    .map(([field, column]) => ({
      name: columnName(field),
      type: column.type,
      of: ('of' in column ? column.of : undefined) ?? ((value: T) => value[field as keyof T]),
    }));
}
