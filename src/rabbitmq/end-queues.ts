import { decodeErrorEnd, decodeHappyEnd } from '../wire/end-message.ts';
import { EventConsumer, type EventConsumerParts, type EventSource } from './event-consumer.ts';

export interface EndQueue {
  readonly name: string;
  readonly decode: EventSource['decode'];
}

/**
 * Where every route ends, one way or the other. First-generation sidecars send to the plain names;
 * second-generation ones too, but refuse to unless a queue with the prefixed name exists.
 */
export const endQueues: readonly EndQueue[] = [
  { name: 'happy-end', decode: decodeHappyEnd },
  { name: 'asya-happy-end', decode: decodeHappyEnd },
  { name: 'error-end', decode: decodeErrorEnd },
  { name: 'asya-error-end', decode: decodeErrorEnd },
];

/** Does an end actor's work, for a deployment without end actors. */
export function createEndQueueConsumer(
  parts: EventConsumerParts,
  { name, decode }: EndQueue,
): EventConsumer {
  return new EventConsumer(parts, { queues: [name], bindings: [name], decode });
}
