import { describe, expect, test } from 'vitest';
import { loadFiles, refusalOf } from '../../test/support/tools-files.ts';

function retryOf(options: string, defaults = '') {
  const text = `${defaults}tools:\n  - name: t\n    route: [s]\n${options}`;
  return loadFiles({ 't.yaml': text }).find('t')?.retry;
}

describe('retry', () => {
  test('is off unless it is set', () => {
    expect(retryOf('')).toBeNull();
  });

  test('is for lost heartbeats, with pauses from 5 s to 5 min, unless it says otherwise', () => {
    expect(retryOf('    retry: { attempts: 3 }')).toEqual({
      attempts: 3,
      delaySeconds: 5,
      maxDelaySeconds: 300,
      on: ['HeartbeatLost'],
    });
    const all = '{ attempts: 5, delay: 0, max_delay: 60, on: [ActorError, Unroutable] }';
    expect(retryOf(`    retry: ${all}`)).toEqual({
      attempts: 5,
      delaySeconds: 0,
      maxDelaySeconds: 60,
      on: ['ActorError', 'Unroutable'],
    });
  });

  test('comes from the defaults, which a tool can switch off', () => {
    const defaults = 'defaults:\n  retry: { attempts: 2 }\n';
    expect(retryOf('', defaults)).toMatchObject({ attempts: 2 });
    expect(retryOf('    retry: null', defaults)).toBeNull();
  });

  test.each([
    ['{}', '4:5 tools[0].retry: has no attempts'],
    [
      '{ attempts: 1 }',
      '4:14 tools[0].retry.attempts: must be a whole number from 2 to 100, but is 1',
    ],
    [
      '{ attempts: 2, on: [DeadlineExceeded] }',
      '4:32 tools[0].retry.on[0]: must be one of ActorError, HeartbeatLost, Unroutable, PublishFailed, but is "DeadlineExceeded"',
    ],
    [
      '{ attempts: 2, on: [] }',
      '4:27 tools[0].retry.on: must name at least one of ActorError, HeartbeatLost, Unroutable, PublishFailed',
    ],
    [
      '{ attempts: 2, on: ActorError }',
      '4:27 tools[0].retry.on: must be a list, but is "ActorError"',
    ],
    [
      '{ attempts: 2, delay: 9, max_delay: 3 }',
      '4:37 tools[0].retry.max_delay: must not be below delay, which is 9',
    ],
    [
      '{ attempts: 2, pause: 3 }',
      '4:27 tools[0].retry.pause: unknown key; known: attempts, delay, max_delay, on',
    ],
  ])('is refused as %s', (retry, fault) => {
    expect(refusalOf(`tools:\n  - name: t\n    route: [s]\n    retry: ${retry}`)).toEqual([fault]);
  });
});
