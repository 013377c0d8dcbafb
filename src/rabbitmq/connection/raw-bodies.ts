import type { Channel } from 'rabbitmq-client';
import { onMessageHeader } from '../message-header.ts';

const mark = 'raw ';

/**
 * Has a channel deliver every body as the bytes that were sent.
 *
 * rabbitmq-client decodes a body by its content type and drops the bytes. Dead letters would not hold
 * what arrived, and JSON would be parsed before its depth is checked. The client has no option against
 * that, so the content type is disguised until the body is complete.
 */
export function keepBodiesRaw(channel: Channel): void {
  onMessageHeader(channel, (fields) => {
    if (fields.contentType !== undefined) fields.contentType = mark + fields.contentType;
  });
  const consume = channel.basicConsume.bind(channel);
  channel.basicConsume = (params, deliver) =>
    consume(params, (message) => {
      deliver(
        message.contentType === undefined
          ? message
          : { ...message, contentType: message.contentType.slice(mark.length) },
      );
    });
}
