import { actor } from '../../src/actor/actor.ts';

/** Finishes every job there and then, so that what is measured includes a job's whole life. */
export default [
  actor('echo', ({ text }: { text: string }) => text, { concurrency: 64, heartbeatMs: 60_000 }),
];
