import { brokerContract } from '../../test/broker-contract.ts';
import { memoryLog } from '../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../test/support/rabbitmq.ts';
import { services } from '../../test/support/services.ts';
import { systemClock } from '../lib/clock.ts';
import { RabbitBroker } from './broker.ts';

brokerContract('RabbitMQ', async (parts) => {
  const sandbox = await RabbitSandbox.open();
  const reports = sandbox.name('reports');
  const deadLetters = sandbox.name('dead-letters');
  let declared: Promise<void> | null = null;
  let steps = 0;
  return {
    broker: new RabbitBroker({
      ...parts,
      url: services.rabbitmqUrl,
      exchange: sandbox.exchange,
      consumeEndQueues: false,
      clock: systemClock,
      log: memoryLog().log,
    }),
    step: () => sandbox.name(`step-${steps++}`),
    async send(body) {
      await (declared ??= sandbox.declared(reports));
      await sandbox.send(reports, body);
    },
    async letter() {
      await sandbox.declared(deadLetters);
      const { body, headers } = await sandbox.take(deadLetters);
      return { body, reason: String(headers?.['x-asya-reason']) };
    },
    async isLeft(sending) {
      await sending;
      return (await sandbox.count(reports)) === 1;
    },
    close: () => sandbox[Symbol.asyncDispose](),
  };
});
