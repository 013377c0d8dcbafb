import { describe, expect, test } from 'vitest';
import { variables } from '../config.ts';
import { unreadVariables } from './unread-variables.ts';

const advice = (env: Record<string, string>) => unreadVariables(env, variables);

describe('a variable that nobody reads', () => {
  test.each([
    ['ASYA_RABITMQ_URL', 'ASYA_RABBITMQ_URL'],
    ['ASYA_DATABSE_URL', 'ASYA_DATABASE_URL'],
    ['ASYA_GATEWAY_ADDRESS', 'ASYA_GATEWAY_HOST'],
    ['ASYA_MAX_BODY_SIZE', 'ASYA_MAX_BODY_BYTES'],
    ['ASYA_ALLOWED_ORIGIN', 'ASYA_ALLOWED_ORIGINS'],
    ['ASYA_SECRETS', 'ASYA_SECRET'],
    ['ASYA_SOMETHING_ELSE_ENTIRELY', null],
  ])('%s is told of, with the nearest that there is: %s', (name, near) => {
    const [line, ...more] = advice({ [name]: 'hunter2', ASYA_GATEWAY_PORT: '80' });
    expect(more).toEqual([]);
    expect(line).toMatch(new RegExp(`^${name} is not read`));
    if (near === null) expect(line).not.toContain('mean');
    else expect(line).toContain(`did you mean ${near}?`);
    expect(line).not.toContain('hunter2');
  });

  test.each([
    ['ASYA_SQS_REGION', /SQS/],
    ['ASYA_RABBITMQ_HOST', /in parts/],
  ])('%s beside ASYA_RABBITMQ_URL is told of', (name, why) => {
    const [line] = advice({ [name]: 'x', ASYA_RABBITMQ_URL: 'amqp://mq' });
    expect(line).toMatch(new RegExp(`^${name} is not read`));
    expect(line).toMatch(why);
  });
});

test.each([
  [
    'what sidecars, operators and runtimes set for all pods',
    {
      ASYA_RABBITMQ_POOL_SIZE: '20',
      ASYA_RABBITMQ_PREFETCH: '1',
      ASYA_GATEWAY_DB_HOST: 'db',
      ASYA_GATEWAY_DB_PASSWORD: 'p',
      ASYA_GATEWAY_URL: 'http://gateway',
      ASYA_NAMESPACE: 'asya',
      ASYA_DB_MIN_CONNS: '2',
      ASYA_DB_MAX_CONN_LIFETIME: '1h',
      ASYA_TRANSPORT: 'rabbitmq',
      ASYA_HANDLER_MODE: 'payload',
      ASYA_ACTOR_NAME: 'a',
      ASYA_METRICS_ADDR: ':8080',
      ASYA_S3_BUCKET: 'results',
      ASYA_AWS_REGION: 'eu',
    },
  ],
  [
    'what Kubernetes sets for Services',
    {
      ASYA_GATEWAY_SERVICE_HOST: '10.0.0.1',
      ASYA_GATEWAY_SERVICE_PORT_HTTP: '80',
      ASYA_GATEWAY_PORT: 'tcp://10.0.0.1:80',
      ASYA_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
      ASYA_OTHER_PORT: 'tcp://10.0.0.1:80',
    },
  ],
  ['what is empty', { ASYA_NO_SUCH_THING: ' ', ASYA_SQS_ENDPOINT: '' }],
  ['what is not ours', { ASYAN: '1', PATH: '/bin' }],
  ['every variable that is read', Object.fromEntries(variables.map((name) => [name, '1']))],
])('nothing is said of %s', (_name, env) => {
  expect(advice(env)).toEqual([]);
});
