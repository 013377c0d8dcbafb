/** What is known of a response once it was read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Asks, reads the whole response, and prints what was asked and answered. */
export async function ask(
  title: string,
  url: string,
  { method = 'GET', headers = {}, body }: RequestInit = {},
): Promise<Answered> {
  const response = await fetch(url, { method, headers, body: body ?? null });
  const text = await response.text();
  const challenge = response.headers.get('www-authenticate');
  print(title, `${method} ${new URL(url).pathname}`, response.status, challenge ?? text);
  return { status: response.status, headers: response.headers, text };
}

export function print(title: string, asked: string, status: number, answer: string): void {
  process.stdout.write(`  ${title}: ${asked} → ${status} ${answer.slice(0, 160)}\n`);
}
