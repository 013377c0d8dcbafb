import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdTimers } from '../../../test/support/held-timers.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { ConfirmSender } from './confirm-sender.ts';
import { RabbitConnection } from '../connection/connection.ts';

const confirmTimeoutMs = 4_000;

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let connection: RabbitConnection;
let sender: ConfirmSender;

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  const { log } = memoryLog();
  connection = new RabbitConnection({ url: proxy.url, name: 'test', log });
  sender = new ConfirmSender({
    connection,
    setUp: async () => {},
    log,
    confirmTimeoutMs,
    maxUnconfirmed: 3,
  });
  await connection.start();
});

afterEach(async () => {
  await connection.stop();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const messageTo = (routingKey: string, properties = {}) => ({
  exchange: '',
  routingKey,
  properties,
  body: Buffer.from('{}'),
});

describe('while the broker is silent (invariants 8 and 9)', () => {
  it('gives up on a confirm after a while', async () => {
    const queue = await sandbox.queue('a');
    proxy.pause();
    using timers = holdTimers();
    await Promise.all([
      expect(sender.send(messageTo(queue))).rejects.toThrow('no answer within 4000 ms'),
      timers.pass(confirmTimeoutMs),
    ]);
  });

  it('refuses at once beyond the bound, and takes messages again when the answers came', async () => {
    const queue = await sandbox.queue('a');
    proxy.pause();
    const back = new Promise<void>((resolve) => {
      sender.onAvailable(resolve);
    });
    {
      using timers = holdTimers();
      const waiting = Array.from({ length: 3 }, () => sender.send(messageTo(queue)));
      const settled = Promise.allSettled(waiting);
      await expect(sender.send(messageTo(queue))).rejects.toThrow('3 messages wait');
      await timers.pass(confirmTimeoutMs);
      for (const result of await settled) {
        expect(result).toMatchObject({ reason: expect.any(BrokerUnavailable) });
      }
    }
    proxy.resume();
    await back;
    expect(await sender.send(messageTo(queue))).toBe('confirmed');
  });
});

describe('a message that the broker refuses', () => {
  it('does not take those along that are under way beside it', async () => {
    const queue = await sandbox.queue('a');
    const outcomes = await Promise.all([
      sender.send(messageTo(queue, { messageId: 'before' })),
      sender.send(messageTo(queue, { messageId: 'wrong', expiration: 'never' })),
      sender.send(messageTo(queue, { messageId: 'after' })),
    ]);
    expect(outcomes).toEqual(['confirmed', 'refused', 'confirmed']);
  });

  it('is refused when sent by itself', async () => {
    const queue = await sandbox.queue('a');
    expect(await sender.send(messageTo(queue, { expiration: 'never' }))).toBe('refused');
  });
});
