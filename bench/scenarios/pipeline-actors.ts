import { actor } from '../../src/actor/actor.ts';

/*
 * Three steps that pass their payload on; the names of their queues are given, because those are
 * shared by everybody on a RabbitMQ.
 */
const steps = (process.env['BENCH_STEPS'] ?? '').split(',').filter((step) => step !== '');

export default steps.map((step) =>
  actor(step, (payload) => payload, { concurrency: 64, heartbeatMs: 60_000 }),
);
