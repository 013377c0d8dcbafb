import { isServiceLink } from './service-links.ts';
import { textOf, type Environment } from './setting.ts';

/** Brokers that other gateways and actors of Asya can use, by what their variables begin with. */
const transports: readonly (readonly [prefix: string, name: string])[] = [
  ['ASYA_SQS_', 'SQS'],
  ['ASYA_PUBSUB_', 'Pub/Sub'],
  ['ASYA_KAFKA_', 'Kafka'],
  ['ASYA_NATS_', 'NATS'],
  ['ASYA_REDIS_', 'Redis'],
  ['ASYA_SERVICEBUS_', 'Service Bus'],
];

/** RabbitMQ's address in parts or under another name, as sidecars, operators and other programs take it. */
const addressPart =
  /^ASYA_(RABBITMQ|RABBIT|AMQP|BROKER)_(HOSTS?|HOSTNAME|ADDRESS|ADDR|NODES?|ENDPOINTS?|PORT|USER|USERNAME|PASS|PASSWORD|VHOST|VIRTUAL_HOST|URLS?|URIS?|DSN)$/;

const remedy = 'set ASYA_RABBITMQ_URL, such as amqp://user:password@host:5672/vhost';

/**
 * What names a broker in a way that is not read, for the messages of readConfig. Without this check
 * such a gateway would connect to the RabbitMQ of localhost, and might even find one. A fault never
 * tells a value but ASYA_TRANSPORT's, because the values may hold passwords.
 */
export function brokerFaults(env: Environment): string[] {
  const url = textOf(env, 'ASYA_RABBITMQ_URL');
  const transport = textOf(env, 'ASYA_TRANSPORT');
  const faults: string[] = [];
  if (transport !== null && transport.toLowerCase() !== 'rabbitmq' && url !== 'memory:') {
    const there = `there is no transport "${transport}" here, only RabbitMQ`;
    faults.push(`ASYA_TRANSPORT: ${there}: ${remedy}, and leave ASYA_TRANSPORT out`);
  }
  // An explicit URL is the answer to all of them, even where others of the pod read them.
  if (url === null)
    faults.push(...unreadBrokers(env).map(({ name, why }) => `${name}: ${why}: ${remedy}`));
  return faults;
}

/** Variables that would name a broker if they were read. */
export function unreadBrokers(env: Environment): { readonly name: string; readonly why: string }[] {
  const names = Object.keys(env).filter((name) => {
    const text = textOf(env, name);
    return text !== null && !isServiceLink(name, text);
  });
  const others = transports.flatMap(([prefix, transport]) =>
    names
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name, why: `there is no ${transport} here, only RabbitMQ` })),
  );
  const parts = names
    .filter((name) => name !== 'ASYA_RABBITMQ_URL' && addressPart.test(name))
    .map((name) => ({
      name,
      why: /_(UR[LI]S?|DSN)$/.test(name)
        ? "it is not where RabbitMQ's address is read"
        : "RabbitMQ's address is not read in parts",
    }));
  return [...others, ...parts];
}
