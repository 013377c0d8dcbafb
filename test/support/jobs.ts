import { v7 as uuidv7 } from 'uuid';
import type { JobStore, ListQuery } from '../../src/jobs/ports/job-store.ts';
import type { Job } from '../../src/jobs/job.ts';

/** A pending job of two steps without a deadline, with whatever a test needs otherwise. */
export function aJob(overrides: Partial<Job> = {}): Job {
  const id = overrides.id ?? uuidv7();
  const createdAt = overrides.createdAt ?? 1_000_000;
  return {
    id,
    parentId: null,
    owner: null,
    tool: 'enhance_image',
    status: 'Pending',
    reason: null,
    route: { steps: ['download', 'enhance'], current: 0, metadata: { job_id: id } },
    payload: { url: 'https://example.com/a.png' },
    headers: {},
    result: null,
    error: null,
    errorDetails: null,
    message: 'Job created',
    progressPercent: 0,
    currentStep: 'download',
    stepStatus: null,
    stepsCompleted: 0,
    timeoutSeconds: 0,
    deadline: null,
    heartbeatTimeoutSeconds: 0,
    lastHeartbeatAt: null,
    heartbeatDueAt: null,
    input: null,
    inputTimeoutSeconds: 0,
    dispatchedAt: null,
    outboxSeq: 1,
    retry: null,
    attempt: 1,
    retryAt: null,
    retryOf: null,
    seq: 1,
    createdAt,
    updatedAt: createdAt,
    finishedAt: null,
    ...overrides,
  };
}

/** The newest jobs of a store, at most 100 of them. */
export async function listedJobs(
  store: Pick<JobStore, 'list'>,
  query: Partial<ListQuery> = {},
): Promise<readonly Job[]> {
  const page = await store.list({
    status: null,
    tool: null,
    parentId: null,
    owner: null,
    createdAfter: null,
    before: null,
    limit: 100,
    maxBytes: 100_000_000,
    ...query,
  });
  return page.jobs;
}
