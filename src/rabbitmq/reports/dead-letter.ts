import type { AsyncMessage, HeaderFields } from 'rabbitmq-client';

export interface DeadLetterCause {
  /** The queue the message was in. */
  readonly queue: string;
  /** Why nobody can use it. */
  readonly reason: string;
}

/** A message as it is stored among the dead letters. */
export interface DeadLetter {
  readonly properties: HeaderFields;
  readonly body: Buffer;
  /** What is not stored with it; null: nothing. */
  readonly leftOut: string | null;
}

type Headers = NonNullable<HeaderFields['headers']>;

const maxReasonLength = 1_000;

/**
 * Most bytes of the headers that came with the message. All properties travel in one frame, of at most
 * 128 KiB, and ours are among them.
 */
const maxHeaderBytes = 98_304;

/** What is kept of a body that RabbitMQ refuses as too large, in bytes. */
const keptOfBody = 65_536;

/** They act: `CC` and `BCC` would send the letter elsewhere as well. */
const actingHeaders = new Set(['CC', 'BCC']);

/** Properties that say something, and do nothing. `expiration` would let the letter vanish, and RabbitMQ refuses a foreign `user_id`. */
const kept = [
  'contentType',
  'contentEncoding',
  'correlationId',
  'replyTo',
  'messageId',
  'timestamp',
  'type',
  'appId',
  'priority',
] as const satisfies readonly (keyof HeaderFields)[];

/**
 * What to store of a message, the most complete form first. The next one is for a RabbitMQ that refuses
 * the one before.
 */
export function deadLetterForms(message: AsyncMessage, verdict: DeadLetterCause): DeadLetter[] {
  const properties: HeaderFields = { durable: true };
  for (const name of kept) Object.assign(properties, { [name]: message[name] });
  const body: Buffer = message.body;
  const { headers, names } = headersThatFit(message.headers ?? {});
  const all = Object.keys(message.headers ?? {});
  const cut =
    body.length > keptOfBody ? [`the body after ${keptOfBody} of ${body.length} bytes`] : [];
  return [
    letter(properties, headers, verdict, body, headersText(names)),
    letter(properties, {}, verdict, body, headersText(all)),
    letter({ durable: true }, {}, verdict, body.subarray(0, keptOfBody), [
      'the properties',
      ...headersText(all),
      ...cut,
    ]),
  ];
}

function letter(
  properties: HeaderFields,
  headers: Headers,
  { queue, reason }: DeadLetterCause,
  body: Buffer,
  without: readonly string[],
): DeadLetter {
  const leftOut = without.length === 0 ? null : shortened(without.join(', '));
  return {
    properties: {
      ...properties,
      headers: {
        ...headers,
        'x-asya-queue': queue,
        'x-asya-reason': shortened(reason),
        ...(leftOut !== null && { 'x-asya-left-out': leftOut }),
      },
    },
    body,
    leftOut,
  };
}

/** The short headers before the long ones, as many as fit, and the names of the others. */
function headersThatFit(given: Headers): { headers: Headers; names: string[] } {
  const headers: Headers = {};
  const names: string[] = [];
  let bytes = 0;
  const sized = Object.entries(given).map(([name, value]) => ({
    name,
    value,
    size: name.length + fieldBytes(value),
  }));
  for (const { name, value, size } of sized.toSorted((a, b) => a.size - b.size)) {
    if (actingHeaders.has(name)) continue;
    bytes += size;
    if (bytes > maxHeaderBytes) names.push(name);
    else headers[name] = value;
  }
  return { headers, names };
}

function headersText(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`the headers ${names.join(', ')}`];
}

/** At least as many bytes as the field takes (AMQP 0-9-1, section 4.2.5.5). */
function fieldBytes(value: unknown): number {
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (value instanceof Uint8Array) return 5 + value.length;
  if (typeof value !== 'object' || value === null) return 9;
  return Object.entries(value).reduce(
    (bytes, [name, item]) => bytes + 2 + Buffer.byteLength(name) + fieldBytes(item),
    5,
  );
}

function shortened(text: string): string {
  return text.slice(0, maxReasonLength).toWellFormed();
}
