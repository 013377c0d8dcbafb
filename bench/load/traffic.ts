import type { HttpAnswer } from './http-connection.ts';

/** What is asked for, over and over. */
export type Traffic =
  /** MCP requests; calls of a tool that takes `text`. */
  | { readonly kind: 'mcp'; readonly method: 'tools/list' | 'tools/call' }
  /** Calls of the tool without MCP; those that wait are answered with its result. */
  | { readonly kind: 'tool-calls'; readonly wait?: boolean }
  /** Heartbeats and progress in turns, each with a message of its own, so that each is an update. */
  | { readonly kind: 'reports'; readonly jobs: readonly string[]; readonly step: string }
  | { readonly kind: 'reads'; readonly jobs: readonly string[] };

export interface Exchange {
  /** The request as it goes over the wire. */
  readonly request: string;
  /** The answer, as it has to be. */
  readonly isRight: (answer: HttpAnswer) => boolean;
}

/** The name of the tool that every measured server has. */
export const toolName = 'echo';

const callArguments = { text: 'hello' };

const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;

/** Makes the exchanges of one load; `n` counts them. */
export class Exchanges {
  readonly #traffic: Traffic;
  readonly #host: string;
  /** Header lines, each ended. */
  #mcpHeaders =
    'accept: application/json, text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\n';
  /** The jobs that calls were answered with. */
  readonly created = new Set<string>();

  constructor(traffic: Traffic, origin: string) {
    this.#traffic = traffic;
    this.#host = new URL(origin).host;
  }

  /** What a client says first: some servers hand out a session then, and insist on it. */
  begin(): Exchange | null {
    if (this.#traffic.kind !== 'mcp') return null;
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    return {
      request: this.#post('/mcp', body, this.#mcpHeaders),
      isRight: ({ status, head }) => {
        const session = /\nmcp-session-id: *(\S+)/i.exec(head)?.[1];
        if (session !== undefined) this.#mcpHeaders += `mcp-session-id: ${session}\r\n`;
        return status === 200;
      },
    };
  }

  next(n: number): Exchange {
    const traffic = this.#traffic;
    switch (traffic.kind) {
      case 'mcp':
        return this.#mcp(traffic.method, n);
      case 'tool-calls': {
        const body = JSON.stringify({ name: toolName, arguments: callArguments });
        return {
          request: this.#post(
            '/tools/call',
            body,
            traffic.wait === true ? 'prefer: wait=60\r\n' : '',
          ),
          isRight: ({ status, body: answer }) => {
            if (status !== 200) return false;
            const result = JSON.parse(answer) as CallResult;
            return traffic.wait === true ? isEcho(result) : this.#isHandle(result);
          },
        };
      }
      case 'reports':
        return this.#report(traffic.jobs[n % traffic.jobs.length] ?? '', traffic.step, n);
      case 'reads': {
        const id = traffic.jobs[n % traffic.jobs.length] ?? '';
        return {
          request: `GET /jobs/${id} HTTP/1.1\r\nhost: ${this.#host}\r\n\r\n`,
          isRight: ({ status, body }) =>
            status === 200 && (JSON.parse(body) as { id?: string }).id === id,
        };
      }
    }
  }

  #mcp(method: 'tools/list' | 'tools/call', n: number): Exchange {
    const id = n + 1;
    const params = method === 'tools/call' ? { name: toolName, arguments: callArguments } : {};
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    return {
      request: this.#post('/mcp', body, this.#mcpHeaders),
      isRight: ({ status, body: answer }) => {
        if (status !== 200) return false;
        const { id: answered, result } = JSON.parse(answer) as RpcAnswer;
        if (answered !== id || result === undefined) return false;
        return method === 'tools/call'
          ? this.#isHandle(result)
          : result.tools?.length === 1 && result.tools[0]?.name === toolName;
      },
    };
  }

  /** A result with a job's id that was never seen before; servers without jobs just return the text. */
  #isHandle({ content, isError }: CallResult): boolean {
    const text = content?.[0]?.text;
    if (isError === true || text === undefined) return false;
    const id = uuid.exec(text)?.[0];
    if (id === undefined) return text === callArguments.text;
    const before = this.created.size;
    return this.created.add(id).size > before;
  }

  #report(id: string, step: string, n: number): Exchange {
    const message = `report ${n}`;
    const [path, report] =
      n % 2 === 0
        ? ['heartbeat', { actor_name: step, status: 'processing', message }]
        : [
            'progress',
            {
              step,
              step_index: 0,
              total_steps: 1,
              status: 'processing',
              actor_name: step,
              message,
            },
          ];
    return {
      request: this.#post(`/jobs/${id}/${path}`, JSON.stringify(report)),
      isRight: ({ status, body }) =>
        status === 200 && (JSON.parse(body) as { status?: string }).status === 'ok',
    };
  }

  /** Bodies are ASCII, so that characters count as bytes. */
  #post(path: string, body: string, headers = ''): string {
    return (
      `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\n` +
      `${headers}content-length: ${body.length}\r\n\r\n${body}`
    );
  }
}

/** What the pipeline's last actor returns. */
function isEcho({ content, isError }: CallResult): boolean {
  return isError !== true && content?.[0]?.text?.includes(callArguments.text) === true;
}

interface CallResult {
  readonly content?: readonly { readonly text?: string }[];
  readonly isError?: boolean;
}

interface RpcAnswer {
  readonly id?: number;
  readonly result?: CallResult & { readonly tools?: readonly { readonly name: string }[] };
}
