import type { AsyncMessage } from 'rabbitmq-client';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TypeError if the body is not UTF-8 */
export function messageText(message: AsyncMessage): string {
  const body: Buffer = message.body;
  return utf8.decode(body);
}
