import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../test/support/tools-files.ts';

describe('refused', () => {
  test.each([
    ['progress: yes', 'progress: must be true or false, but is "yes"'],
    ['timeout: -1', 'timeout: must be a whole number from 0 to 4294967, but is -1'],
    ['timeout: 5s', 'timeout: must be a whole number from 0 to 4294967, but is "5s"'],
    ['timeout: 4294968', 'timeout: must be a whole number from 0 to 4294967, but is 4294968'],
    ['timeout:', 'timeout: must be a whole number from 0 to 4294967, but is empty'],
    ['mode: async', 'mode: must be one of hybrid, handle, wait, but is "async"'],
    ['wait_seconds: 3601', 'wait_seconds: must be a whole number from 0 to 3600, but is 3601'],
    [
      'heartbeat_timeout: 0.5',
      'heartbeat_timeout: must be a whole number from 0 to 4294967, but is 0.5',
    ],
    [
      'task_support: true',
      'task_support: must be one of optional, required, forbidden, but is true',
    ],
    ['metadata: vision', 'metadata: must be a mapping, but is "vision"'],
    ['retry: 3', 'retry: must be a mapping, but is 3'],
  ])('%s, of a tool and of the defaults', (option, fault) => {
    expect(refusalOf(`tools:\n  - name: t\n    route: [s]\n    ${option}`)).toEqual([
      `4:5 tools[0].${fault}`,
    ]);
    expect(refusalOf(`defaults:\n  ${option}`)).toEqual([`2:3 defaults.${fault}`]);
  });

  test('a default that is not for all tools', () => {
    expect(refusalOf('defaults:\n  route: r')).toEqual([
      '2:3 defaults.route: unknown key; known: progress, timeout, mode, wait_seconds, heartbeat_timeout, input_timeout, task_support, asks_first, retry, client_capabilities, metadata',
    ]);
  });
});
