import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { modernMeta } from '../../support/clients/modern-client.ts';
import { patienceMs } from '../../support/patience.ts';

/*
 * Requests of 2026-07-28 that are right but for what went wrong with them: whatever it is, it is the
 * client's own fault at worst: never a 5xx, and always an answer.
 */

let gateway: McpGateway;
let finished: string;

beforeAll(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('handle', { mode: 'handle' }),
      anyTool('brief', { mode: 'hybrid', waitSeconds: 0 }),
      anyTool('required', { taskSupport: 'required' }),
      anyTool('mirrored', {
        mode: 'handle',
        inputSchema: {
          type: 'object',
          properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
        },
      }),
    ],
  });
  finished = (await gateway.submit()).id;
  await gateway.events.apply(finished, { type: 'succeeded', result: 'done' });
});

afterAll(() => gateway.close());

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** Mostly what it should be, now and then anything. */
function mostly<T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<unknown> = anything) {
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

const method = mostly(
  fc.constantFrom(
    'server/discover',
    'tools/list',
    'tools/call',
    'tasks/get',
    'tasks/update',
    'tasks/cancel',
    'subscriptions/listen',
    'initialize',
    'notifications/cancelled',
  ),
);

const taskId = mostly(fc.constantFrom('finished', 'unknown'));

const meta = fc.boolean().chain((tasks) =>
  mostly(
    fc
      .record(
        {
          progressToken: anything,
          'io.modelcontextprotocol/protocolVersion': anything,
          'io.modelcontextprotocol/clientCapabilities': anything,
          traceparent: anything,
        },
        { requiredKeys: [] },
      )
      // Most keys are as they should be: one in four records has a wrong one.
      .chain((wrong) => fc.constantFrom({}, {}, {}, wrong))
      .map((wrong) => modernMeta({ tasks, meta: wrong })),
  ),
);

const params = fc.record(
  {
    name: mostly(fc.constantFrom('handle', 'brief', 'required', 'mirrored', 'job_result')),
    arguments: mostly(fc.record({ region: anything, job_id: anything }, { requiredKeys: [] })),
    taskId,
    inputResponses: mostly(fc.dictionary(fc.string(), anything)),
    notifications: mostly(
      fc.record(
        {
          toolsListChanged: mostly(fc.boolean()),
          taskIds: mostly(fc.array(taskId, { maxLength: 3 })),
          resourceSubscriptions: anything,
        },
        { requiredKeys: [] },
      ),
    ),
    cursor: mostly(fc.constant(null)),
    _meta: meta,
  },
  { requiredKeys: ['name', 'taskId', 'notifications', '_meta'] },
);

const message = fc.record(
  {
    jsonrpc: mostly(fc.constant('2.0')),
    id: mostly(fc.nat()),
    method,
    params: mostly(params),
    result: anything,
  },
  { requiredKeys: ['jsonrpc', 'method', 'params'] },
);

const headerText = fc.string({
  unit: fc.constantFrom(...'abcABC019.-_,;/*=?+ \u{fc}'.split('')),
  maxLength: 30,
});

const base64 = fc.string().map((text) => `=?base64?${Buffer.from(text).toString('base64')}?=`);

const wrongHeaders = fc.record(
  {
    accept: headerText,
    'mcp-protocol-version': fc.oneof(fc.constantFrom('2025-11-25', '2099-01-01'), headerText),
    'mcp-method': headerText,
    'mcp-name': fc.oneof(base64, headerText),
    'mcp-param-region': fc.oneof(base64, headerText),
    'mcp-session-id': headerText,
  },
  { requiredKeys: [] },
);

/** The headers that belong to a message, as far as they can be written. */
function rightHeaders({ method, params }: Record<string, unknown>): Record<string, string> {
  const { name, taskId, arguments: given } = Object(params) as Record<string, unknown>;
  const { region } = Object(given) as Record<string, unknown>;
  // Not String(): an object with a `toString` of its own has no text by it.
  const text = (value: unknown) =>
    typeof value === 'string' ? value : JSON.stringify(value ?? null);
  const named = text(method).startsWith('tasks/') ? taskId : name;
  const encoded = (value: unknown) => `=?base64?${Buffer.from(text(value)).toString('base64')}?=`;
  return {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    ...(typeof method === 'string' && /^[\w/]+$/.test(method) && { 'mcp-method': method }),
    'mcp-name': encoded(named),
    ...(typeof region === 'string' && { 'mcp-param-region': encoded(region) }),
  };
}

test(
  'garbage is answered, and never by a 5xx',
  async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(message, mostly(fc.constant({}), wrongHeaders), async (said, wrong) => {
        const headers = { ...rightHeaders(said), ...Object(wrong) };
        const body = JSON.stringify(said).replaceAll('"finished"', `"${finished}"`);
        const response = await fetch(gateway.url, { method: 'POST', headers, body });
        seen.add(response.status);
        expect(response.status).toBeLessThan(500);
        // A subscription does not end by itself, so the first of the answer has to do.
        const reader = response.body?.getReader();
        const first = await reader?.read();
        await reader?.cancel();
        const answer = new TextDecoder().decode(first?.value);
        expect(answer).toMatch(response.status === 202 ? /^$/ : /"jsonrpc":"2\.0"/);
      }),
      { numRuns: 1_000 },
    );
    // It gets through to everything there is.
    expect([...seen]).toEqual(expect.arrayContaining([200, 202, 400, 404]));
  },
  3 * patienceMs,
);
