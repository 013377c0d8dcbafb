import { Connection } from 'rabbitmq-client';
import { run } from './command.ts';
import { install } from './debian.ts';
import { composeUp } from './docker.ts';
import { choosePort, connectLimitMs, type Service } from './service.ts';

export const rabbitmq: Service = {
  name: 'RabbitMQ',
  variable: 'ASYA_TEST_RABBITMQ_URL',
  localUrl: localUrl(5672),

  async probe(url) {
    const connection = new Connection({ url, connectionTimeout: connectLimitMs });
    try {
      await new Promise((resolve, reject) => {
        connection.once('connection', resolve);
        connection.once('error', reject);
      });
      return '';
    } finally {
      await connection.close();
    }
  },

  async startInDocker() {
    const port = await choosePort(5672, 35672);
    await composeUp('rabbitmq', { ASYA_TEST_RABBITMQ_PORT: `${port}` });
    return localUrl(port);
  },

  async startOnDebian() {
    await install('rabbitmq-server');
    const url = localUrl(await choosePort(5672, 35672));
    // An earlier run may have started it on the other port.
    if (await answers(url)) return url;
    await startNode(new URL(url).port);
    console.log('RabbitMQ: starting, which takes a minute or so; its log is in /var/log/rabbitmq');
    return url;
  },
};

/** A node of its own beside the distribution's, whose data stays untouched. */
async function startNode(port: string): Promise<void> {
  await run('rabbitmq-server', ['-detached'], {
    // None, so that a configured listener of the distribution's node is not this one's, too.
    RABBITMQ_CONFIG_FILE: '/nonexistent',
    // Not the host's name, which a container often cannot resolve.
    RABBITMQ_NODENAME: 'asya_test@localhost',
    RABBITMQ_NODE_PORT: port,
    // The defaults listen on every interface: clients, other nodes and the port mapper.
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_ADDRESS: '127.0.0.1',
  });
}

function answers(url: string): Promise<boolean> {
  return rabbitmq.probe(url).then(
    () => true,
    () => false,
  );
}

function localUrl(port: number): string {
  return `amqp://guest:guest@127.0.0.1:${port}/`;
}
