import { createEngine } from '../../src/jobs/engine/engine.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { PostgresJobStore } from '../../src/postgres/job-store.ts';
import { Pool } from '../../src/postgres/pool.ts';
import { RabbitConnection } from '../../src/rabbitmq/connection/connection.ts';
import { DeadLetters } from '../../src/rabbitmq/reports/dead-letters.ts';
import { endQueues } from '../../src/rabbitmq/reports/end-queues.ts';
import { PutBack } from '../../src/rabbitmq/publishing/put-back.ts';
import { ReportConsumer } from '../../src/rabbitmq/reports/report-consumer.ts';
import { RabbitPublisher } from '../../src/rabbitmq/publishing/publisher.ts';
import { anIntake } from './intake.ts';
import { memoryLog } from './memory-log.ts';

interface Options {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly exchange: string;
  readonly happyEnd: string;
  readonly errorEnd: string;
}

/**
 * What a gateway does with ASYA_CONSUME_END_QUEUES, on queues of a test's own: the real names would
 * be shared with whoever uses this broker.
 *
 * @returns stops it
 */
export async function consumeEndQueues(options: Options): Promise<() => Promise<void>> {
  const { databaseUrl, rabbitmqUrl: url, exchange, happyEnd, errorEnd } = options;
  const { log } = memoryLog();
  const pool = new Pool({ url: databaseUrl, maxConnections: 2 });
  const store = new PostgresJobStore(pool);
  const connection = new RabbitConnection({ url, name: 'test, end queues', log });
  const publisher = new RabbitPublisher({ connection, exchange, log });
  const broker = { canHear: () => true };
  const limits = { unroutableGraceMs: 0, retentionMs: 0 };
  const { reports } = createEngine({ store, publisher, broker, clock, log, ...limits });
  const deadLetters = new DeadLetters({ connection, exchange, log });
  const intake = anIntake({ take: (report) => reports.take(report) });
  const putBack = new PutBack({ connection, log });
  const parts = { connection, exchange, intake, deadLetters, putBack, log };
  const consumers = endQueues.map((end) => {
    const queue = end.queue.replace('happy-end', happyEnd).replace('error-end', errorEnd);
    return new ReportConsumer(parts, { ...end, queue }, [queue]);
  });
  await connection.start();
  for (const consumer of consumers) await consumer.start();
  await Promise.all(consumers.map((consumer) => consumer.consuming));
  return async () => {
    for (const consumer of consumers) await consumer.stop();
    await connection.stop();
    await pool.close();
  };
}
