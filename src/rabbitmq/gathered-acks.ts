import type { Channel } from 'rabbitmq-client';

/**
 * Has a channel send the acknowledgements of a turn of the event loop as one, which names the last of
 * a row of deliveries: a third of what a consumed message costs RabbitMQ is its acknowledgement. What
 * was delivered after one that is still at work is acknowledged by itself.
 */
export function gatherAcks(channel: Channel): void {
  const ack = channel.basicAck.bind(channel);
  const nack = channel.basicNack.bind(channel);
  const close = channel.close.bind(channel);
  /** Every delivery up to this one is settled. RabbitMQ counts a channel's from 1. */
  let row = 0;
  /** Those after the row that are settled, too. */
  const settled = new Set<number>();
  let waiting: number[] = [];

  function settle(tag: number): void {
    settled.add(tag);
    while (settled.delete(row + 1)) row++;
  }

  function flush(): void {
    const tags = waiting;
    waiting = [];
    // RabbitMQ delivers what a lost channel did not acknowledge again.
    if (tags.length === 0 || !channel.active) return;
    for (const tag of tags) settle(tag);
    const ofRow = tags.filter((tag) => tag <= row);
    // Not the row's end, which may have been refused: RabbitMQ takes no tag a second time.
    if (ofRow.length > 0) ack({ deliveryTag: Math.max(...ofRow), multiple: true });
    for (const tag of tags) if (tag > row) ack({ deliveryTag: tag });
  }

  channel.basicAck = ({ deliveryTag }) => {
    if (deliveryTag === undefined) throw new Error('only a delivery is acknowledged');
    if (waiting.length === 0) setImmediate(flush);
    waiting.push(deliveryTag);
  };
  channel.basicNack = (params) => {
    if (params.deliveryTag !== undefined) settle(params.deliveryTag);
    nack(params);
  };
  channel.close = () => {
    flush();
    return close();
  };
}
