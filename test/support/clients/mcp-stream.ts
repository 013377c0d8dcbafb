import { readEvents, type ReceivedEvent } from './sse-client.ts';

type Events = AsyncGenerator<ReceivedEvent>;

/** A call's stream after its first event, which names the job. */
export async function begin(response: Response) {
  const events = readEvents(response);
  const priming = (await events.next()).value as ReceivedEvent;
  const lastEventId = priming.id ?? '';
  return { events, priming, lastEventId, jobId: lastEventId.split('.')[0] ?? '' };
}

/** The messages up to the stream's end, each with its event id. */
export async function rest(events: Events) {
  const received: { id: string | null; message: unknown }[] = [];
  for await (const event of events) received.push(messageOf(event));
  return received;
}

export async function next(events: Events) {
  const { value } = await events.next();
  return messageOf(value as ReceivedEvent);
}

function messageOf({ id, data }: ReceivedEvent): { id: string | null; message: unknown } {
  return { id, message: JSON.parse(data ?? '') };
}
