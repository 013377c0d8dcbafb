import type { JobUpdate } from '../jobs/job.ts';
import { columnName, type Column, type SqlType } from './columns.ts';

interface UpdateColumn {
  readonly type: SqlType;
  /** The column of `jobs` that a job's first update has it from. Default: the one of the same name. */
  readonly first?: string;
}

/** The columns of `job_updates`, by their names in camel case. */
const columns: { readonly [Field in keyof JobUpdate]: UpdateColumn } = {
  jobId: { type: 'text', first: 'id' },
  seq: { type: 'int' },
  status: { type: 'text' },
  reason: { type: 'text' },
  message: { type: 'text' },
  step: { type: 'text', first: 'current_step' },
  stepStatus: { type: 'text' },
  progressPercent: { type: 'float8' },
  result: { type: 'jsonb' },
  error: { type: 'text' },
  timestamp: { type: 'timestamptz', first: 'updated_at' },
};

const entries = Object.entries(columns) as [keyof JobUpdate, UpdateColumn][];

export const updateColumns: readonly Column<JobUpdate>[] = entries.map(([field, { type }]) => ({
  name: columnName(field),
  type,
  of: (update) => update[field],
}));

/** The columns of a new job that its first update consists of, in the same order. */
export const firstUpdateList = entries
  .map(([field, { first }]) => first ?? columnName(field))
  .join(', ');
