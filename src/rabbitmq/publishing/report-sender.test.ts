import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { Refused, type ActorBroker } from '../../actor/actor-broker.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import type { Report } from '../../wire/report.ts';
import { connectActorBroker } from '../actors/actor-broker.ts';

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let broker: ActorBroker;
let lines: string[];

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  const memory = memoryLog();
  lines = memory.lines;
  broker = await connectActorBroker({
    url: proxy.url,
    exchange: sandbox.exchange,
    log: memory.log,
  });
});

afterEach(async () => {
  await broker.close();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const heartbeat: Report = {
  type: 'heartbeat',
  job_id: 'J1',
  actor_name: 'a',
  status: 'processing',
};
const final: Report = { type: 'final', job_id: 'J1', status: 'succeeded', result: 1 };
const question: Report = {
  type: 'input_required',
  job_id: 'J1',
  step: 'a',
  step_index: 0,
  steps: ['a'],
  requests: { size: { method: 'elicitation/create', params: { message: 'Which?' } } },
  payload: null,
};

describe.each([
  { what: 'an outcome', report: final },
  { what: 'a question', report: question },
])('$what, for which the message is acknowledged', ({ report }) => {
  it('is kept by RabbitMQ over its restarts', async () => {
    const reports = await sandbox.queue('reports');
    await broker.report(reports, report);
    const message = await sandbox.take(reports);
    expect(JSON.parse(String(message.body))).toEqual(report);
    expect(message).toMatchObject({ contentType: 'application/json', durable: true });
  });

  it('outlasts an outage', async () => {
    const reports = await sandbox.queue('reports');
    await proxy.refuse();
    const reported = broker.report(reports, report);
    await proxy.accept();
    await reported;
    expect(await sandbox.count(reports)).toBe(1);
  });

  it('waits for its queue, and says so', async () => {
    const reports = sandbox.name('reports');
    const reported = broker.report(reports, report);
    await expect.poll(() => lines.join('\n')).toContain(`no queue "${reports}" takes the reports`);
    await sandbox.queue('reports');
    await reported;
    expect(await sandbox.count(reports)).toBe(1);
  });

  it('does not wait for its queue beyond the deadline of its job', async () => {
    const reports = sandbox.name('reports');
    const reported = broker.report(reports, report, Date.now() + 100);
    await expect(reported).rejects.toThrow(BrokerUnavailable);
  });

  it('that RabbitMQ will never take is refused', async () => {
    await expect(broker.report('q'.repeat(256), report)).rejects.toThrow(Refused);
  });

  it('is given up when closing, so that its message is delivered again', async () => {
    await proxy.refuse();
    const reported = broker.report('some.reports', report);
    await Promise.all([broker.close(), expect(reported).rejects.toThrow(BrokerUnavailable)]);
  });
});

describe('a sign of life', () => {
  it('is not kept over a restart', async () => {
    const reports = await sandbox.queue('reports');
    await broker.report(reports, heartbeat);
    expect(await sandbox.take(reports)).toMatchObject({ durable: false });
  });

  it('is given up at once in an outage', async () => {
    await proxy.refuse();
    await expect(broker.report('some.reports', heartbeat)).rejects.toThrow(BrokerUnavailable);
  });

  it('to a queue that does not exist is given up', async () => {
    await expect(broker.report('no.such.queue', heartbeat)).rejects.toThrow(BrokerUnavailable);
  });
});
