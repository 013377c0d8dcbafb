import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('everything has a default', () => {
  expect(readConfig({})).toEqual({
    databaseUrl: null,
    databaseMaxConnections: 10,
    rabbitmqUrl: 'amqp://guest:guest@localhost:5672/',
    rabbitmqExchange: 'asya',
    consumeEndQueues: false,
    unroutableGraceSeconds: 30,
    host: '127.0.0.1',
    port: 8080,
    metricsPort: null,
    maxBodyBytes: 1_048_576,
    allowedOrigins: [],
    allowedHosts: [],
    configPath: null,
    jobRetentionSeconds: 604_800,
    secret: null,
    jobTools: true,
    logLevel: 'info',
  });
});

test('an empty variable is as good as none', () => {
  expect(readConfig({ ASYA_DATABASE_URL: '', ASYA_GATEWAY_PORT: '' })).toEqual(readConfig({}));
});

test('reads every variable', () => {
  const config = readConfig({
    ASYA_DATABASE_URL: 'postgresql://db/asya',
    ASYA_RABBITMQ_URL: 'amqps://mq',
    ASYA_GATEWAY_PORT: '0',
    ASYA_METRICS_PORT: '9090',
    ASYA_CONSUME_END_QUEUES: 'true',
    ASYA_ALLOWED_ORIGINS: 'https://a.example, https://b.example,',
    ASYA_CONFIG_PATH: '/etc/asya/tools.yaml',
    ASYA_SECRET: 'sixteen letters!',
  });
  expect(config).toMatchObject({
    databaseUrl: 'postgresql://db/asya',
    rabbitmqUrl: 'amqps://mq',
    port: 0,
    metricsPort: 9090,
    consumeEndQueues: true,
    allowedOrigins: ['https://a.example', 'https://b.example'],
    configPath: '/etc/asya/tools.yaml',
    secret: 'sixteen letters!',
  });
});

describe('a bad value stops the start with the variable and what would be right', () => {
  const cases: [string, string, RegExp][] = [
    ['ASYA_GATEWAY_PORT', '80a', /whole number from 0 to 65535, but is "80a"/],
    ['ASYA_GATEWAY_PORT', '65536', /whole number/],
    ['ASYA_GATEWAY_PORT', '-1', /whole number/],
    ['ASYA_DB_MAX_CONNS', '2', /from 3 to/],
    ['ASYA_DATABASE_URL', 'mysql://db', /begins with postgres:\/\/ or postgresql:\/\//],
    ['ASYA_RABBITMQ_URL', 'http://mq', /amqp:\/\/ or amqps:\/\//],
    ['ASYA_RABBITMQ_EXCHANGE', 'a b', /letters, digits/],
    ['ASYA_CONSUME_END_QUEUES', 'maybe', /true or false/],
    ['ASYA_LOG_LEVEL', 'loud', /fatal, error, warn/],
    ['ASYA_MAX_BODY_BYTES', '1e6', /whole number/],
    ['ASYA_SECRET', 'short', /at least 16/],
  ];
  for (const [name, value, message] of cases) {
    test(`${name}=${value}`, () => {
      expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
      expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
      expect(() => readConfig({ [name]: value })).toThrow(message);
    });
  }
});

test('memory: is the broker in this process, for jobs in this process', () => {
  expect(readConfig({ ASYA_RABBITMQ_URL: 'memory:' }).rabbitmqUrl).toBeNull();
  const both = { ASYA_RABBITMQ_URL: 'memory:', ASYA_DATABASE_URL: 'postgres://db/asya' };
  expect(() => readConfig(both)).toThrow(/^ASYA_RABBITMQ_URL: memory: keeps messages/);
});

test('names all bad variables at once, and no password', () => {
  const read = () => readConfig({ ASYA_DATABASE_URL: 'x://u:secret@db', ASYA_GATEWAY_PORT: 'x' });
  expect(read).toThrow(/^ASYA_DATABASE_URL: .*\nASYA_GATEWAY_PORT: /);
  expect(read).not.toThrow(/secret/);
});
