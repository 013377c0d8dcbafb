import { parseReport } from '../wire/report.ts';
import { EventConsumer, type EventConsumerParts } from './event-consumer.ts';
import { reportQueueOf } from './topology.ts';

/** Consumes `{exchange}.reports`, where actors with a `reply_to` send what they have to tell. */
export function createReportConsumer(parts: EventConsumerParts): EventConsumer {
  return new EventConsumer(parts, {
    queues: [reportQueueOf(parts.exchange)],
    bindings: [],
    decode: parseReport,
  });
}
