import { describe, expect, test } from 'vitest';
import { parseCommandLine, UsageError } from './command-line.ts';

test('serve is the default command', () => {
  expect(parseCommandLine([])).toEqual({ command: { name: 'serve' }, env: {} });
});

test('options stand for variables', () => {
  const args = ['serve', '--tools', 't.yaml', '--port', '0', '--host=::1'];
  expect(parseCommandLine(args).env).toEqual({
    ASYA_CONFIG_PATH: 't.yaml',
    ASYA_GATEWAY_PORT: '0',
    ASYA_GATEWAY_HOST: '::1',
  });
});

test('dev and actor take their files', () => {
  expect(parseCommandLine(['dev', '--tools', 't', '--actors', 'a.ts']).command).toEqual({
    name: 'dev',
    tools: 't',
    actors: 'a.ts',
  });
  expect(parseCommandLine(['actor', 'a.ts', '--only', 'x', '--only', 'y']).command).toEqual({
    name: 'actor',
    file: 'a.ts',
    only: ['x', 'y'],
  });
});

test('help and version come before everything else', () => {
  expect(parseCommandLine(['actor', '--help']).command).toEqual({ name: 'help' });
  expect(parseCommandLine(['-v']).command).toEqual({ name: 'version' });
});

describe('refuses, and points to the help', () => {
  const cases: [string[], RegExp][] = [
    [['sevre'], /no command "sevre"/],
    [['--prot', '1'], /--prot/],
    [['serve', '--actors', 'a.ts'], /serve takes no --actors/],
    [['actor'], /actor takes a FILE/],
    [['actor', 'a.ts', 'b.ts'], /unexpected argument "b.ts"/],
    [['serve', 'x'], /unexpected argument "x"/],
    [['--port'], /--port/],
  ];
  for (const [args, message] of cases) {
    test(args.join(' '), () => {
      expect(() => parseCommandLine(args)).toThrow(UsageError);
      expect(() => parseCommandLine(args)).toThrow(message);
      expect(() => parseCommandLine(args)).toThrow(/--help$/);
    });
  }
});
