import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';

/*
 * The official clients against the gateway, with actors that work as soon as they get a message.
 */

let gateway: McpGateway;

const own = {
  type: 'object',
  properties: { sum: { type: 'number' } },
  required: ['sum'],
  additionalProperties: false,
};

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('add', { mode: 'wait', title: 'Add', outputSchema: own }),
      anyTool('fail', { mode: 'wait', outputSchema: own }),
      anyTool('enqueue', { mode: 'handle', outputSchema: own }),
      anyTool('nobody', { mode: 'hybrid', waitSeconds: 0.05, outputSchema: own }),
      anyTool('lost', { mode: 'wait' }),
    ],
  });
  await gateway.actor('add', ({ payload }) => {
    const { a, b } = Object(payload) as { a: number; b: number };
    return [
      progressed('received'),
      progressed('received'),
      progressed('processing'),
      { type: 'succeeded', result: { sum: a + b } },
    ];
  });
  await gateway.actor('fail', () => [
    { type: 'failed', reason: 'ActorError', error: 'cannot', details: null },
  ]);
  await gateway.actor('lost', () => [
    { type: 'failed', reason: 'Unroutable', error: 'no queue', details: null },
  ]);
});

afterEach(() => gateway.close());

function progressed(stepStatus: 'received' | 'processing'): JobEvent {
  return {
    type: 'progress',
    step: 'add',
    stepIndex: 0,
    totalSteps: 1,
    stepStatus,
    message: stepStatus,
  };
}

interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** The part of both clients that these tests use. */
interface AnyClient {
  listTools(): Promise<{ tools: readonly { name: string }[] }>;
  callTool(
    name: string,
    args: Record<string, unknown>,
    onProgress?: (progress: Progress) => void,
  ): Promise<{ [key: string]: unknown }>;
  close(): Promise<void>;
}

async function connectV1(): Promise<AnyClient> {
  const client = new ClientV1({ name: 'test', version: '1' });
  await client.connect(new TransportV1(gateway.url));
  return {
    listTools: () => client.listTools(),
    callTool: (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, undefined, onprogress && { onprogress }),
    close: () => client.close(),
  };
}

function connectV2(mode: 'legacy' | 'auto'): () => Promise<AnyClient> {
  return async () => {
    const client = new ClientV2({ name: 'test', version: '2' }, { versionNegotiation: { mode } });
    await client.connect(new TransportV2(gateway.url));
    return {
      listTools: () => client.listTools(),
      callTool: (name, args, onprogress) =>
        client.callTool({ name, arguments: args }, onprogress && { onprogress }),
      close: () => client.close(),
    };
  };
}

test('client v2 that tries the stateless era first finds it', async () => {
  const options = { versionNegotiation: { mode: 'auto' } } as const;
  const client = new ClientV2({ name: 'test', version: '2' }, options);
  await client.connect(new TransportV2(gateway.url));
  expect(client.getProtocolEra()).toBe('modern');
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
  expect(client.getServerVersion()).toMatchObject({ name: 'asya-gateway' });

  const heard = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/tools/list_changed', () => heard.resolve());
  const subscription = await client.listen({ toolsListChanged: true });
  expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
  gateway.offer([]);
  await heard.promise;
  await subscription.close();
  await client.close();
});

describe.each([
  ['sdk v1', connectV1],
  ['client v2', connectV2('legacy')],
  ['client v2 that tries the stateless era first', connectV2('auto')],
])('%s', (_name, connect) => {
  let client: AnyClient;

  beforeEach(async () => {
    client = await connect();
    // Clients check results against the output schemas they have seen.
    await client.listTools();
  });

  afterEach(() => client.close());

  test('lists the tools in their order', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'add',
      'fail',
      'enqueue',
      'nobody',
      'lost',
      'job_status',
      'job_wait',
      'job_result',
      'job_cancel',
    ]);
  });

  test('waits for a result', async () => {
    expect(await client.callTool('add', { a: 1, b: 2 })).toMatchObject({
      content: [{ type: 'text', text: '{"sum":3}' }],
      structuredContent: { sum: 3 },
      isError: false,
    });
  });

  test('hears of progress, which only grows', async () => {
    const heard: Progress[] = [];
    await client.callTool('add', { a: 1, b: 2 }, (progress) => heard.push(progress));
    expect(heard).toEqual([
      { progress: 10.000002, total: 100, message: 'received' },
      { progress: 50.000003, total: 100, message: 'processing' },
    ]);
  });

  test('gets a failure as a result', async () => {
    expect(await client.callTool('fail', {})).toMatchObject({
      content: [{ type: 'text', text: 'cannot' }],
      structuredContent: { reason: 'ActorError', error: 'cannot' },
      isError: true,
    });
  });

  test('gets an error if no actor could do the work', async () => {
    await expect(client.callTool('lost', {})).rejects.toMatchObject({
      code: -32603,
      data: { reason: 'Unroutable' },
    });
  });

  test('gets a handle at once', async () => {
    const { structuredContent } = await client.callTool('enqueue', {});
    const { job_id: id } = Object(structuredContent) as { job_id: string };
    expect(structuredContent).toEqual({
      job_id: id,
      envelope_id: id,
      message: `Job created successfully with ID: ${id}`,
      status_url: `/jobs/${id}`,
      stream_url: `/jobs/${id}/stream`,
    });
    expect(await gateway.jobs.get(id)).toMatchObject({ tool: 'enqueue' });
  });

  test('gets a handle and advice when the wait was too long', async () => {
    const result = await client.callTool('nobody', {});
    const { job_id: id } = Object(result['structuredContent']) as { job_id: string };
    expect(result).toMatchObject({
      isError: false,
      content: [{ type: 'text' }, { type: 'text', text: expect.stringContaining('job_wait') }],
    });
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Pending' });
  });
});
