import type { AsyncMessage, HeaderFields } from 'rabbitmq-client';

/**
 * A message's properties for a copy of it: the original ones, but for those that act on their own.
 * `CC` and `BCC` would send the copy to other queues as well, and RabbitMQ refuses a foreign `user_id`.
 *
 * @param more headers to add
 */
export function propertiesOfCopy(
  message: AsyncMessage,
  more: Readonly<Record<string, string>> = {},
): HeaderFields {
  const headers: HeaderFields['headers'] = { ...message.headers, ...more };
  delete headers.CC;
  delete headers.BCC;
  const properties: HeaderFields = { ...message, durable: true, headers };
  delete properties.userId;
  return properties;
}
