import { expect, it } from 'vitest';
import { aJob } from '../../test/support/jobs.ts';
import { memoryLog } from '../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../test/support/rabbitmq.ts';
import { services } from '../../test/support/services.ts';
import type { JobEvent } from '../jobs/event.ts';
import { envelopeOf } from '../jobs/envelope.ts';
import { systemClock } from '../lib/clock.ts';
import { RabbitBroker } from './broker.ts';

it('a message goes to an actor, and what it reports comes back', async () => {
  await using sandbox = await RabbitSandbox.open();
  const step = sandbox.name('step');
  const applied = Promise.withResolvers<JobEvent>();
  const broker = new RabbitBroker({
    clock: systemClock,
    url: services.rabbitmqUrl,
    exchange: sandbox.exchange,
    consumeEndQueues: false,
    apply: async (id, event) => {
      applied.resolve(event);
      return { kind: 'refused', state: aJob({ id }), refusal: 'repeated' };
    },
    log: memoryLog().log,
  });
  await broker.start();
  const actors = await broker.connectActors();
  await actors.consume(step, 1, async ({ envelope, replyTo }) => {
    const { jobId, payload } = envelope;
    if (replyTo === null) return;
    const result = { worked: payload };
    await actors.report(replyTo, { type: 'final', job_id: jobId, status: 'succeeded', result });
  });

  const route = { steps: [step], current: 0, metadata: {} };
  const envelope = envelopeOf(aJob({ route, payload: 'hard' }));
  expect(await broker.publisher.publish(envelope)).toBe('confirmed');
  expect(await applied.promise).toEqual({ type: 'succeeded', result: { worked: 'hard' } });

  await actors.close();
  await broker.stop();
  await broker.stop();
});
