/** An event of a stream of Server-Sent Events (WHATWG HTML, section 9.2). */
export interface ReceivedEvent {
  /** Default `message`. */
  readonly event: string;
  /** The last id that the stream gave, in this event or before. Null: it gave none. */
  readonly id: string | null;
  readonly data: string;
}

/**
 * Reads events from the bytes of a stream, wherever they are cut. An event that is cut off by the end is
 * left out, as the standard says.
 *
 * @param onBytes called for everything that comes, comments included
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  for await (const bytes of body) {
    onBytes();
    rest += decoder.decode(bytes, { stream: true });
    // A CR at the end may be the first half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', id, data: data.join('\n') };
        event = '';
        data = [];
        continue;
      }
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
      else if (field === 'id' && !value.includes('\0')) id = value;
    }
  }
}
