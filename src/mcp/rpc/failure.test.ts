import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../jobs/ports/job-store.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { Overloaded } from '../../lib/batcher.ts';
import { thrownReply } from './failure.ts';

const log = pino({ level: 'silent' });

test.each([
  [new StoreUnavailable('gone'), 'store_unavailable'],
  [new BrokerUnavailable('gone'), 'broker_unavailable'],
  [new Overloaded('busy'), 'overloaded'],
])('%s is a 503 to come back from', (error, code) => {
  expect(thrownReply(1, error, log)).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    message: { id: 1, error: { code: -32603, data: { code } } },
  });
});

test('an error nobody foresaw tells nothing of itself', () => {
  const reply = thrownReply(1, new Error('password is x'), log);
  expect(reply).toMatchObject({ status: 500, message: { error: { code: -32603 } } });
  expect(JSON.stringify(reply)).not.toContain('password');
});
