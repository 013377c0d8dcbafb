import type { AsyncMessage } from 'rabbitmq-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import type { ActorBroker } from '../../actor/actor-broker.ts';
import { encodeJobActivity } from '../../wire/job-activity.ts';
import type { Report } from '../../wire/report.ts';
import { connectActorBroker } from './actor-broker.ts';

/* How an actor asks. How a gateway replies is in the broker contract. */

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let broker: ActorBroker;

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  const { log } = memoryLog();
  broker = await connectActorBroker({ url: proxy.url, exchange: sandbox.exchange, log });
});

afterEach(async () => {
  await broker.close();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const report: Report = {
  type: 'heartbeat',
  job_id: 'J1',
  actor_name: 'a',
  status: 'processing',
};

/** A report queue, and what its gateway replies to the n-th question. Null: nothing. */
async function gateway(reply: (n: number, question: AsyncMessage) => string | null) {
  const queue = await sandbox.queue('reports');
  let n = 0;
  await sandbox.channel.basicConsume({ queue, noAck: true }, (question) => {
    const text = reply(++n, question);
    const { replyTo, correlationId } = question;
    if (text === null || replyTo === undefined || correlationId === undefined) return;
    void sandbox.channel.basicPublish({ routingKey: replyTo, correlationId }, Buffer.from(text));
  });
  return queue;
}

test('the report is the question', async () => {
  const questions: AsyncMessage[] = [];
  const queue = await gateway((_n, question) => {
    questions.push(question);
    return encodeJobActivity({ jobId: 'J1', active: false });
  });
  expect(await broker.inquire(queue, report)).toBe(false);
  expect(questions).toMatchObject([{ messageId: 'J1', type: 'asya.report' }]);
  expect(JSON.parse(String(questions[0]?.body))).toEqual(report);
});

test.each([
  ['no reply can be read', 'what?'],
  ['the reply says nothing', '{"job_id":"J1","active":"no"}'],
])('a job is taken for active if %s', async (_what, text) => {
  expect(await broker.inquire(await gateway(() => text), report)).toBe(true);
});

test('a job is taken for active if RabbitMQ is away', async () => {
  await proxy.refuse();
  expect(await broker.inquire('some.reports', report)).toBe(true);
});

test('a gateway that did not reply is not waited for again, until it replies', async () => {
  const over = encodeJobActivity({ jobId: 'J1', active: false });
  const queue = await gateway((n) => (n === 1 ? null : over));
  expect(await broker.inquire(queue, report)).toBe(true);
  expect(await broker.inquire(queue, report)).toBe(true);
  await expect.poll(() => broker.inquire(queue, report)).toBe(false);
});
