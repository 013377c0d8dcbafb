/*
 * How many messages a second one actor process passes on, against bare consumers of the same client
 * library that give no more guarantee than asked for: `node bench/actor.ts [messages] [concurrency]`.
 * Needs RabbitMQ (ASYA_RABBITMQ_URL); its queues have names of their own and are removed.
 *
 * Each round takes the messages from a queue that was filled before. What is measured runs in a
 * process of its own; it starts when its consumer does, and ends with the last message.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Connection } from 'rabbitmq-client';
import { encodeEnvelope } from '../src/wire/envelope-codec.ts';
import type { Measurement, Round } from './actor/round.ts';

const url = process.env['ASYA_RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672/';
const messages = Number(process.argv[2] ?? 100_000);
const concurrency = Number(process.argv[3] ?? 100);
const exchange = `bench-${randomBytes(4).toString('hex')}`;

const kinds: readonly Round['kind'][] = ['bare', 'bare-forward', 'actor'];
const explained: Record<Round['kind'], string> = {
  bare: 'consume, acknowledge',
  'bare-forward': 'consume, publish with confirm, acknowledge',
  actor: 'actor: the same, reports to the gateway, heartbeats, signals',
};

const connection = new Connection(url);
const queues = ['in', 'out', 'reports'].map((name) => `${exchange}-${name}`);
const [input = '', output = '', reports = ''] = queues;
try {
  await connection.exchangeDeclare({ exchange, type: 'topic', durable: true });
  for (const queue of queues) {
    await connection.queueDeclare({ queue, durable: true });
    await connection.queueBind({ exchange, queue, routingKey: queue });
  }
  console.log(`${messages} messages, ${concurrency} at a time\n`);
  for (const kind of kinds) {
    await fill();
    const { seconds, samples } = await measure({
      kind,
      url,
      exchange,
      input,
      output,
      messages,
      concurrency,
    });
    const rate = Math.round(messages / seconds).toLocaleString('en');
    console.log(`${rate.padStart(8)}/s  ${explained[kind]}`);
    console.log(`            heap in use ${samples.map((bytes) => mebibytes(bytes)).join(' ')}`);
  }
} finally {
  for (const queue of queues) await connection.queueDelete({ queue });
  await connection.exchangeDelete({ exchange });
  await connection.exchangeDelete({ exchange: `${exchange}.cancelled` });
  await connection.close();
}

/** Two steps, so that every message is passed on. */
async function fill(): Promise<void> {
  for (const queue of queues) await connection.queuePurge({ queue });
  const publisher = connection.createPublisher({ confirm: true });
  for (let i = 0; i < messages; i += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, messages - i) }, (_, n) =>
      publisher.send({ routingKey: input, durable: true, replyTo: reports }, message(i + n)),
    );
    await Promise.all(batch);
  }
  await publisher.close();
}

function message(n: number): Buffer {
  const jobId = `job-${n}`;
  return Buffer.from(
    encodeEnvelope({
      jobId,
      parentId: null,
      steps: [input, output],
      current: 0,
      metadata: { job_id: jobId },
      headers: {},
      payload: { url: 'https://example.com/a.png', quality: 'low' },
      deadline: Date.now() + 3_600_000,
      answers: {},
    }),
  );
}

async function measure(round: Round): Promise<Measurement> {
  const child = fork(fileURLToPath(new URL('actor/round.ts', import.meta.url)), {
    execArgv: ['--expose-gc'],
  });
  child.send(round);
  const [measurement] = (await once(child, 'message')) as [Measurement];
  await once(child, 'exit');
  return measurement;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
