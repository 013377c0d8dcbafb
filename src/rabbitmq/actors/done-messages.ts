import { hash } from 'node:crypto';
import type { AsyncMessage } from 'rabbitmq-client';

/** Many times what one process holds unacknowledged. An older message is worked on once more. */
const maxRemembered = 10_000;

/**
 * The messages of one queue that this process is done with. If the channel is lost before the
 * acknowledgement arrives, RabbitMQ delivers a message again. The channel is lost when the connection
 * breaks, or when the work takes longer than RabbitMQ waits (`consumer_timeout`). The outcome has been sent
 * by then, because it goes over another channel. So the message only has to be acknowledged.
 */
export class DoneMessages {
  /** Oldest first. */
  readonly #keys = new Set<string>();

  add(message: AsyncMessage): void {
    this.#keys.add(keyOf(message));
    const [oldest] = this.#keys;
    if (oldest !== undefined && this.#keys.size > maxRemembered) this.#keys.delete(oldest);
  }

  /** False for a message that is delivered for the first time, whatever it says. */
  has(message: AsyncMessage): boolean {
    return message.redelivered && this.#keys.has(keyOf(message));
  }
}

/** By all it says: several messages may have one job's id, such as those of a fan-out. */
function keyOf(message: AsyncMessage): string {
  const body: Buffer = message.body;
  return hash('sha256', body, 'base64');
}
