import { hash } from 'node:crypto';
import type { AsyncMessage } from 'rabbitmq-client';

/** Many times what one process can hold unacknowledged; an older message is worked on once more. */
const maxRemembered = 10_000;

/**
 * The messages of one queue that this process is done with. RabbitMQ takes a message back, and delivers it again,
 * if the channel is lost before the acknowledgement arrives: the connection broke, or the work took
 * longer than RabbitMQ waits (`consumer_timeout`). The outcome has been sent by then, because that
 * goes over another channel, so the message needs its acknowledgement and no more work.
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
