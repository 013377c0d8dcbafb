import type { JsonObject } from '../lib/json.ts';
import type { Job, JobState } from '../jobs/job.ts';

/** How the route is stored: a column each. */
interface RouteColumns {
  readonly routeSteps: string[];
  readonly routeCurrent: number;
  readonly routeMetadata: JsonObject;
}

/** The columns that transitions read and write, in camel case. */
export type StateRow = Omit<JobState, 'route'> & RouteColumns;

export type JobRow = Omit<Job, 'route'> & RouteColumns;

export function stateOf({ routeSteps, routeCurrent, routeMetadata, ...rest }: StateRow): JobState {
  return { ...rest, route: { steps: routeSteps, current: routeCurrent, metadata: routeMetadata } };
}

export function jobOf({ routeSteps, routeCurrent, routeMetadata, ...rest }: JobRow): Job {
  return { ...rest, route: { steps: routeSteps, current: routeCurrent, metadata: routeMetadata } };
}
