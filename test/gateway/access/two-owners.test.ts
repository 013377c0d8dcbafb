import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { everybody, type Viewer } from '../../../src/jobs/viewer.ts';
import { createTestApp } from '../../support/app.ts';
import { aJob } from '../../support/jobs.ts';

/* Whatever jobs two owners have, and whatever one of them does, nothing of the other's comes to light. */

const owners = ['corp|a', 'corp|b'] as const;

function viewer(owner: string): Viewer {
  return { ...everybody, owner, seesAll: false };
}

const someJobs = fc.array(
  fc.record({
    owner: fc.constantFrom(...owners, null),
    parent: fc.option(fc.nat(5)),
    createdAt: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 12 },
);

test('for random jobs of two owners and every way to reach one', async () => {
  await fc.assert(
    fc.asyncProperty(someJobs, fc.nat(11), async (specs, position) => {
      const gateway = await createTestApp({ log: pino({ level: 'silent' }) });
      const made = specs.map(({ owner, createdAt }) => aJob({ owner, createdAt }));
      const jobs = made.map((job, i) => ({
        ...job,
        parentId: made[specs[i]?.parent ?? -1]?.id ?? null,
      }));
      await gateway.store.create(jobs, 0);
      const stop = new AbortController();
      for (const owner of owners) {
        const own = gateway.sharedJobs.as(viewer(owner));
        const before = jobs[position] ?? null;
        for (const parentId of [null, ...jobs.map(({ id }) => id)]) {
          for (const from of [null, before]) {
            const page = await own.list({
              status: null,
              tool: null,
              parentId,
              createdAfter: null,
              before: from,
              limit: 100,
            });
            expect(page.jobs.filter((job) => job.owner !== owner)).toEqual([]);
          }
        }
        for (const job of jobs.filter((each) => each.owner !== owner)) {
          expect(await own.get(job.id)).toBeNull();
          expect(await own.cancel(job.id, null)).toEqual({ kind: 'unknown' });
          expect(await own.answer(job.id, { a: {} })).toEqual({ kind: 'unknown' });
          expect(await own.refuseInput(job.id, 'no')).toEqual({ kind: 'unknown' });
          const updates = own.watch(job.id, { signal: stop.signal });
          expect(await updates.next()).toEqual({ done: true, value: undefined });
          expect((await gateway.store.get([job.id]))[0]?.status).toBe('Pending');
        }
        for (const job of jobs.filter((each) => each.owner === owner)) {
          expect((await own.get(job.id))?.id).toBe(job.id);
        }
      }
      stop.abort();
      await gateway.close();
    }),
    { numRuns: 30 },
  );
});
