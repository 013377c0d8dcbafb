import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { patienceMs } from '../../support/patience.ts';

/*
 * Whatever a client sends is its own fault at worst: never a 5xx, and always an answer.
 */

let gateway: McpGateway;

beforeAll(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('handle', { mode: 'handle' }),
      anyTool('hybrid', { mode: 'hybrid', waitSeconds: 0 }),
    ],
  });
});

afterAll(() => gateway.close());

const text = fc.string({ unit: 'binary', maxLength: 20 });

const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text);

const name = fc.constantFrom(
  'handle',
  'hybrid',
  'job_status',
  'job_wait',
  'job_result',
  'job_cancel',
);

const params = fc.record(
  {
    name: fc.oneof(name, anything),
    arguments: fc.oneof(
      anything,
      fc.record({ job_id: anything, seconds: fc.constantFrom(0, -1, '1'), reason: text }),
    ),
    cursor: anything,
    task: anything,
    taskId: anything,
    protocolVersion: anything,
    capabilities: anything,
    clientInfo: fc.oneof(anything, fc.record({ name: anything, version: anything })),
    _meta: fc.oneof(
      anything,
      fc.record(
        { progressToken: anything, 'io.modelcontextprotocol/protocolVersion': anything },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);

const message = fc.record(
  {
    jsonrpc: fc.oneof(
      { weight: 9, arbitrary: fc.constant('2.0') },
      { weight: 1, arbitrary: anything },
    ),
    id: fc.oneof(fc.nat(), anything),
    method: fc.oneof(
      fc.constantFrom(
        'initialize',
        'ping',
        'tools/list',
        'tools/call',
        'tasks/get',
        'tasks/result',
        'tasks/cancel',
        'notifications/cancelled',
      ),
      anything,
    ),
    params: fc.oneof({ weight: 9, arbitrary: params }, { weight: 1, arbitrary: anything }),
    result: anything,
  },
  { requiredKeys: ['jsonrpc', 'method'] },
);

const body = fc.oneof(
  { weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof(message, anything)).map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: text },
);

const headerText = fc.string({
  unit: fc.constantFrom(...'abc019.-_,;/* '.split('')),
  maxLength: 30,
});

const headers = fc.record(
  {
    accept: fc.oneof(fc.constantFrom('application/json', 'text/event-stream', '*/*'), headerText),
    'mcp-protocol-version': fc.oneof(fc.constantFrom('2025-03-26', '2025-11-25'), headerText),
    'mcp-session-id': headerText,
    'content-type': fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: headerText },
    ),
  },
  { requiredKeys: [] },
);

test(
  'garbage is answered, and never by a 5xx',
  async () => {
    await fc.assert(
      fc.asyncProperty(body, headers, async (content, given) => {
        const response = await fetch(gateway.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...given },
          body: content,
        });
        expect(response.status).toBeLessThan(500);
        const answer = await response.text();
        expect(answer).toMatch(response.status === 202 ? /^$/ : /"jsonrpc":"2\.0"/);
      }),
      { numRuns: 500 },
    );
  },
  3 * patienceMs,
);

/** Ids of a job that is finished, so that its streams end, and what becomes of them on the way. */
function eventId(jobId: string): fc.Arbitrary<string> {
  const rest = fc.oneof(anything, fc.tuple(anything, anything, anything, anything));
  return fc.oneof(
    headerText,
    fc
      .tuple(
        fc.constantFrom(jobId, 'unknown'),
        fc.constantFrom('0', '1', '2', '3', 'end', 'x'),
        rest,
      )
      .map(([job, at, given]) => {
        const encoded = Buffer.from(JSON.stringify(given)).toString('base64url');
        return `${job}.${at}.${encoded}`;
      }),
  );
}

test(
  'garbage in place of an event id is answered, and never by a 5xx',
  async () => {
    const job = await gateway.submit();
    await gateway.events.apply(job.id, { type: 'succeeded', result: 'done' });
    const streamHeaders = headers.map(({ accept = 'text/event-stream', ...others }) => {
      return { ...others, accept };
    });
    await fc.assert(
      fc.asyncProperty(eventId(job.id), streamHeaders, async (id, given) => {
        const response = await fetch(gateway.url, { headers: { ...given, 'last-event-id': id } });
        expect(response.status).toBeLessThan(500);
        await response.body?.cancel();
      }),
      { numRuns: 500 },
    );
  },
  3 * patienceMs,
);
