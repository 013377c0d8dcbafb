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
    actorPort: null,
    accessPath: null,
    openAccess: false,
    maxBodyBytes: 1_048_576,
    maxResultBytes: 16_777_216,
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

describe('a log level', () => {
  test.each([
    ['INFO', 'info'],
    ['Debug', 'debug'],
    ['WARNING', 'warn'],
    ['warning', 'warn'],
    ['CRITICAL', 'fatal'],
  ])('%s is %s: other programs write them so', (text, level) => {
    expect(readConfig({ ASYA_LOG_LEVEL: text }).logLevel).toBe(level);
  });
});

test.each([
  ['TRUE', true],
  ['False', false],
  ['on', true],
])('%s is a truth value, whatever its case', (text, value) => {
  expect(readConfig({ ASYA_CONSUME_END_QUEUES: text }).consumeEndQueues).toBe(value);
});

test('white space around a value does not count: Secrets made from files end with a line break', () => {
  const config = readConfig({
    ASYA_DATABASE_URL: 'postgres://u:p@db/asya\n',
    ASYA_RABBITMQ_URL: ' amqp://mq\r\n',
    ASYA_GATEWAY_PORT: '80 ',
    ASYA_CONFIG_PATH: '/etc/asya\n',
    ASYA_SECRET: 'sixteen letters!\n',
    ASYA_METRICS_PORT: '  ',
  });
  expect(config).toMatchObject({
    databaseUrl: 'postgres://u:p@db/asya',
    rabbitmqUrl: 'amqp://mq',
    port: 80,
    configPath: '/etc/asya',
    secret: 'sixteen letters!',
    metricsPort: null,
  });
});

describe('what Kubernetes sets for Services', () => {
  test.each(['tcp://10.0.0.1:80', 'tcp://[fd00::1]:80', 'udp://10.0.0.1:80'])(
    '%s is no port: the variable counts as unset',
    (link) => {
      const config = readConfig({ ASYA_GATEWAY_PORT: link, ASYA_METRICS_PORT: link });
      expect(config).toMatchObject({ port: 8080, metricsPort: null });
    },
  );

  test('is neither another transport nor an address', () => {
    const links = (name: string) => ({
      [`${name}_SERVICE_HOST`]: '10.0.0.1',
      [`${name}_SERVICE_PORT`]: '5672',
      [`${name}_SERVICE_PORT_AMQP`]: '5672',
      [`${name}_PORT`]: 'tcp://10.0.0.1:5672',
      [`${name}_PORT_5672_TCP`]: 'tcp://10.0.0.1:5672',
      [`${name}_PORT_5672_TCP_PROTO`]: 'tcp',
      [`${name}_PORT_5672_TCP_PORT`]: '5672',
      [`${name}_PORT_5672_TCP_ADDR`]: '10.0.0.1',
    });
    const env = { ...links('ASYA_RABBITMQ'), ...links('ASYA_SQS'), ...links('ASYA_GATEWAY') };
    expect(readConfig(env)).toEqual(readConfig({}));
  });
});

describe('a broker that is named otherwise stops the start, and ASYA_RABBITMQ_URL is said to be the way', () => {
  test.each([
    ['ASYA_SQS_ENDPOINT', 'http://sqs:4566'],
    ['ASYA_SQS_REGION', 'us-east-1'],
    ['ASYA_SQS_BASE_URL', 'http://sqs:4566/0'],
    ['ASYA_PUBSUB_PROJECT_ID', 'asya'],
    ['ASYA_KAFKA_BROKERS', 'kafka:9092'],
    ['ASYA_NATS_URL', 'nats://nats'],
    ['ASYA_RABBITMQ_HOST', 'rabbitmq'],
    ['ASYA_RABBITMQ_PORT', '5672'],
    ['ASYA_RABBITMQ_USERNAME', 'asya'],
    ['ASYA_RABBITMQ_PASSWORD', 'hunter2'],
    ['ASYA_RABBITMQ_VHOST', '/'],
    ['ASYA_RABBITMQ_URI', 'amqp://guest:hunter2@mq/'],
    ['ASYA_AMQP_URL', 'amqp://guest:hunter2@mq/'],
    ['ASYA_RABBIT_HOST', 'mq'],
    ['ASYA_BROKER_URL', 'amqp://guest:hunter2@mq/'],
    ['ASYA_TRANSPORT', 'sqs'],
  ])('%s', (name, value) => {
    for (const env of [{ [name]: value }, { [name]: value, ASYA_RABBITMQ_URL: '' }]) {
      expect(() => readConfig(env)).toThrow(ConfigError);
      expect(() => readConfig(env)).toThrow(new RegExp(`^${name}: .*set ASYA_RABBITMQ_URL`));
      expect(() => readConfig(env)).not.toThrow(/hunter2/);
    }
  });

  test('beside ASYA_RABBITMQ_URL they do not: it says where RabbitMQ is', () => {
    const url = { ASYA_RABBITMQ_URL: 'amqp://mq/' };
    const others = { ASYA_RABBITMQ_HOST: 'mq', ASYA_RABBITMQ_PASSWORD: 'p', ASYA_SQS_REGION: 'r' };
    expect(readConfig({ ...url, ...others })).toEqual(readConfig(url));
  });

  test('but for another transport by name, which actors would go by', () => {
    const env = { ASYA_RABBITMQ_URL: 'amqp://mq/', ASYA_TRANSPORT: 'sqs' };
    expect(() => readConfig(env)).toThrow(/^ASYA_TRANSPORT: .*"sqs"/);
    expect(readConfig({ ASYA_TRANSPORT: 'RabbitMQ' })).toEqual(readConfig({}));
  });

  test.each([
    ['empty', { ASYA_SQS_ENDPOINT: '', ASYA_RABBITMQ_HOST: '', ASYA_TRANSPORT: '' }],
    ['the size of a pool', { ASYA_RABBITMQ_POOL_SIZE: '20', ASYA_RABBITMQ_PREFETCH: '1' }],
    ['what the second generation ignores, too', { ASYA_GATEWAY_DB_HOST: 'db' }],
  ])('not what is %s', (_name, env) => {
    expect(readConfig(env)).toEqual(readConfig({}));
  });

  test('names all of them at once', () => {
    const env = { ASYA_SQS_ENDPOINT: 'x', ASYA_RABBITMQ_HOST: 'x', ASYA_GATEWAY_PORT: 'x' };
    const fault = /^ASYA_GATEWAY_PORT: .*\nASYA_SQS_ENDPOINT: .*\nASYA_RABBITMQ_HOST: /;
    expect(() => readConfig(env)).toThrow(fault);
  });
});

test('origins, hosts and the address are read as browsers and Node.js write them', () => {
  const config = readConfig({
    ASYA_ALLOWED_ORIGINS: 'HTTPS://App.Example:443/, http://bücher.example',
    ASYA_ALLOWED_HOSTS: 'Gateway.Local, [::1]:8080',
    ASYA_GATEWAY_HOST: '[::]',
  });
  expect(config).toMatchObject({
    allowedOrigins: ['https://app.example', 'http://xn--bcher-kva.example'],
    allowedHosts: ['gateway.local', '[::1]:8080'],
    host: '::',
  });
});

test.each([
  ['ASYA_ALLOWED_ORIGINS', 'https://app.example/, *'],
  ['ASYA_ALLOWED_HOSTS', 'https://gateway.local'],
  ['ASYA_GATEWAY_HOST', '127.0.0.1:8080'],
])('%s=%s stops the start, because it could never match', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
});

describe('a database that is named otherwise stops the start, or jobs would be kept in memory', () => {
  test.each([
    ['ASYA_DB_HOST', 'db'],
    ['ASYA_DATABASE_HOST', 'db'],
    ['ASYA_DATABASE_URI', 'postgres://u:hunter2@db/asya'],
    ['ASYA_POSTGRES_URL', 'postgres://u:hunter2@db/asya'],
    ['ASYA_POSTGRESQL_PASSWORD', 'hunter2'],
    ['ASYA_PG_PORT', '5432'],
  ])('%s', (name, value) => {
    for (const env of [{ [name]: value }, { [name]: value, ASYA_DATABASE_URL: '' }]) {
      expect(() => readConfig(env)).toThrow(new RegExp(`^${name}: .*set ASYA_DATABASE_URL`));
      expect(() => readConfig(env)).not.toThrow(/hunter2/);
    }
    const url = { ASYA_DATABASE_URL: 'postgres://db/asya' };
    expect(readConfig({ ...url, [name]: value })).toEqual(readConfig(url));
  });

  test('not what Kubernetes sets for a Service, nor what is empty', () => {
    const env = {
      ASYA_POSTGRESQL_SERVICE_HOST: '10.0.0.1',
      ASYA_POSTGRESQL_PORT: 'tcp://10.0.0.1:5432',
      ASYA_DB_HOST: '',
    };
    expect(readConfig(env)).toEqual(readConfig({}));
  });
});
