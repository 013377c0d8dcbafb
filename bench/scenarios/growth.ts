import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import { toolName } from '../load/traffic.ts';
import type { Scenario } from '../parts/bench.ts';
import type { Figure } from '../parts/figure.ts';
import { HeapProbe } from '../parts/heap.ts';
import { ownStand, type Stand } from '../parts/stand.ts';

/** What is done again and again, and must leave nothing behind. */
interface Work {
  readonly what: string;
  readonly times: number;
  /** Of `times`, those before the heap is read for the first time. */
  readonly warmUp: number;
  readonly begin: (stand: Stand) => Promise<(n: number) => Promise<void>>;
  /** How many are done at a time. */
  readonly atATime: number;
}

const works: readonly Work[] = [
  {
    what: '20,000 wrong answers to a question of ten fields',
    times: 20_000,
    warmUp: 2_000,
    begin: wrongAnswers,
    atATime: 16,
  },
  {
    what: '200 reloads of 100 tools',
    times: 200,
    warmUp: 20,
    begin: reloads,
    atATime: 1,
  },
  {
    what: '10,000 sessions, each with a call',
    times: 10_000,
    // A process remembers so many sessions; the heap is read once it does.
    warmUp: 10_000,
    begin: sessions,
    atATime: 16,
  },
  {
    what: '10,000 subscriptions opened and closed',
    times: 10_000,
    warmUp: 1_000,
    begin: subscriptions,
    atATime: 16,
  },
];

/** How much a gateway's heap grows, after a collection, by work that leaves nothing behind. */
export const growth: Scenario = {
  name: 'growth',
  title: 'Growth of the heap',
  run: async ({ backends, say }) => {
    const figures: Figure[] = [];
    for (const { what, times, warmUp, begin, atATime } of works) {
      await using probe = await HeapProbe.create();
      await using stand = await ownStand(backends, probe.standOptions);
      const once = await begin(stand);
      await repeat(once, 0, warmUp, atATime);
      const before = await settledHeap(probe, stand);
      await repeat(once, warmUp, warmUp + times, atATime);
      const after = await settledHeap(probe, stand);
      const percent = (after / before - 1) * 100;
      say(`${what}: ${megabytes(before)} to ${megabytes(after)}, ${percent.toFixed(1)} %`);
      figures.push({
        what,
        unit: '%',
        better: 'less',
        target: { value: 5 },
        samples: [{ value: percent }],
        others: [],
      });
    }
    return figures;
  },
};

async function repeat(
  once: (n: number) => Promise<void>,
  from: number,
  to: number,
  atATime: number,
): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) await once(next++);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

/** The smallest of a few readings: sockets and timers that are over go one by one. */
async function settledHeap(probe: HeapProbe, { pid }: Stand): Promise<number> {
  const readings: number[] = [];
  for (let i = 0; i < 5; i++) {
    readings.push(await probe.read(pid));
    await pause(300);
  }
  return Math.min(...readings);
}

async function wrongAnswers(stand: Stand): Promise<(n: number) => Promise<void>> {
  const { origin, queues, steps, rabbitmqUrl } = stand;
  const called = await postJson(`${origin}/tools/call`, {
    name: toolName,
    arguments: { text: 'x' },
  });
  const id = String(Object(Object(called)['structuredContent'])['job_id']);
  const fields = Array.from({ length: 10 }, (_, i) => [
    `field${i}`,
    { type: 'string', minLength: 3, maxLength: 20 + i },
  ]);
  const [step = ''] = steps;
  const connection = new Connection(rabbitmqUrl);
  const publisher = connection.createPublisher({ confirm: true });
  await publisher.send(
    { routingKey: `${queues.exchange}.reports`, durable: true },
    {
      type: 'input_required',
      job_id: id,
      step,
      step_index: 0,
      steps: [step],
      payload: {},
      requests: {
        form: {
          method: 'elicitation/create',
          params: {
            message: 'Ten fields',
            requestedSchema: { type: 'object', properties: Object.fromEntries(fields) },
          },
        },
      },
    },
  );
  await publisher.close();
  await connection.close();
  for (const deadline = performance.now() + 60_000; ; await pause(20)) {
    const job = Object(await (await fetch(`${origin}/jobs/${id}`)).json());
    if (job['status'] === 'InputRequired') break;
    if (performance.now() > deadline) throw new Error('the job does not ask');
  }
  return async (n) => {
    const response = await post(`${origin}/jobs/${id}/input`, {
      answers: { form: { action: 'accept', content: { field0: n } } },
    });
    await expectStatus(response, 400);
  };
}

async function reloads({ origin, toolsFile }: Stand): Promise<(n: number) => Promise<void>> {
  const route = /route: .*/.exec(await readFile(toolsFile, 'utf8'))?.[0] ?? '';
  const entry = (i: number, n: number): string =>
    `  - name: tool-${i}\n    description: Of reload ${n}\n    ${route}\n` +
    `    input_schema: { type: object, properties: { text: { type: string, maxLength: ${100 + n} } } }\n`;
  return async (n) => {
    const entries = Array.from({ length: 100 }, (_, i) => entry(i, n));
    await writeFile(toolsFile, `tools:\n${entries.join('')}`);
    for (const deadline = performance.now() + 60_000; ; await pause(20)) {
      const listed = JSON.stringify(
        await postJson(`${origin}/mcp`, { jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      );
      if (listed.includes(`Of reload ${n}"`)) return;
      if (performance.now() > deadline) throw new Error('the gateway does not take the new tools');
    }
  };
}

async function sessions({ origin }: Stand): Promise<(n: number) => Promise<void>> {
  return async () => {
    const begun = await post(`${origin}/mcp`, {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: { elicitation: {} },
        clientInfo: { name: 'bench', version: '1' },
      },
    });
    await expectStatus(begun, 200);
    const session = begun.headers.get('mcp-session-id') ?? '';
    const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
    const listed = await post(
      `${origin}/mcp`,
      { jsonrpc: '2.0', id: 2, method: 'tools/list' },
      headers,
    );
    await expectStatus(listed, 200);
  };
}

async function subscriptions({ origin }: Stand): Promise<(n: number) => Promise<void>> {
  const version = '2026-07-28';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return async (n) => {
    const leaving = new AbortController();
    const response = await fetch(`${origin}/mcp`, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': version,
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: n,
        method: 'subscriptions/listen',
        params: { notifications: { toolsListChanged: true }, _meta: meta },
      }),
    });
    if (response.status !== 200) throw new Error(`subscribing gave ${response.status}`);
    // The acknowledgement is there: the subscription has begun.
    await response.body?.getReader().read();
    leaving.abort();
  };
}

function post(url: string, body: object, headers: object = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

async function postJson(url: string, body: object): Promise<unknown> {
  return (await post(url, body)).json();
}

/** Reads the whole response, so that its connection can be used again. */
async function expectStatus(response: Response, status: number): Promise<void> {
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
