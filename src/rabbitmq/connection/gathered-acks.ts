import type { Channel } from 'rabbitmq-client';

/**
 * Has a channel acknowledge all deliveries of one turn of the event loop together, by naming the last
 * one of a row. An acknowledgement is a third of what a consumed message costs RabbitMQ. A delivery that
 * came after one that is still at work is acknowledged by itself.
 */
export function gatherAcks(channel: Channel): void {
  const ack = channel.basicAck.bind(channel);
  const nack = channel.basicNack.bind(channel);
  const close = channel.close.bind(channel);
  /** Every delivery up to this one is settled. RabbitMQ counts a channel's from 1. */
  let row = 0;
  /** The settled deliveries after the end of the row. */
  const settled = new Set<number>();
  let waiting: number[] = [];

  function settle(tag: number): void {
    settled.add(tag);
    while (settled.delete(row + 1)) row++;
  }

  function flush(): void {
    const tags = waiting;
    waiting = [];
    // The channel was lost. RabbitMQ delivers again what it did not acknowledge.
    if (tags.length === 0 || !channel.active) return;
    for (const tag of tags) settle(tag);
    const ofRow = tags.filter((tag) => tag <= row);
    // The last acknowledged tag and not the end of the row, which may have been refused already: RabbitMQ
    // takes no tag twice.
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
