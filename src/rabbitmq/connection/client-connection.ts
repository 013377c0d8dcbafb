import { Connection, type Channel, type ConnectionOptions } from 'rabbitmq-client';
import { gatherAcks } from './gathered-acks.ts';
import { HeldBodies } from './held-bodies.ts';
import { keepBodiesRaw } from './raw-bodies.ts';

/** A connection of rabbitmq-client whose channels deliver bodies as bytes, and gather acknowledgements. */
export class ClientConnection extends Connection {
  readonly #held: HeldBodies | null;

  /** @param maxHeldBytes most bytes of messages that are delivered and not settled; see HeldBodies. Default: no limit */
  constructor(options: ConnectionOptions, maxHeldBytes: number = Infinity) {
    super(options);
    this.#held = maxHeldBytes === Infinity ? null : new HeldBodies(maxHeldBytes);
    this.on('connection', () => this.#held?.limit(this));
  }

  override async acquire(options?: { emitErrorsFromChannel?: boolean }): Promise<Channel> {
    const channel = await super.acquire(options);
    keepBodiesRaw(channel);
    gatherAcks(channel);
    // Last, so that it sees each acknowledgement by itself.
    this.#held?.countOn(channel);
    return channel;
  }
}
