/** One event as it stood in the stream; fields that were not sent are null. */
export interface ReceivedEvent {
  readonly event: string | null;
  readonly id: string | null;
  readonly data: string | null;
  readonly retry: string | null;
}

/** Reads a stream's events until it ends; comments are left out (WHATWG HTML, section 9.2.6). */
export async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent> {
  if (response.body === null) return;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    yield* blocks.filter((block) => !block.startsWith(':')).map(parseBlock);
  }
}

function parseBlock(block: string): ReceivedEvent {
  const lines = block.split('\n');
  const field = (name: string): string | null => {
    const values = lines.filter((line) => line.startsWith(`${name}: `));
    return values.length === 0
      ? null
      : values.map((line) => line.slice(name.length + 2)).join('\n');
  };
  return { event: field('event'), id: field('id'), data: field('data'), retry: field('retry') };
}
