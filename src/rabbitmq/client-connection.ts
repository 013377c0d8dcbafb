import { Connection, type Channel } from 'rabbitmq-client';
import { gatherAcks } from './gathered-acks.ts';
import { keepBodiesRaw } from './raw-bodies.ts';

/** rabbitmq-client's connection, with channels that deliver bodies as sent and acknowledge together. */
export class ClientConnection extends Connection {
  override async acquire(options?: { emitErrorsFromChannel?: boolean }): Promise<Channel> {
    const channel = await super.acquire(options);
    keepBodiesRaw(channel);
    gatherAcks(channel);
    return channel;
  }
}
