import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { begin, next, rest } from '../../support/clients/mcp-stream.ts';
import { readEvents } from '../../support/clients/sse-client.ts';

let gateway: McpGateway;

beforeEach(async () => {
  gateway = await startMcpGateway({ tools: [anyTool('one')] });
});

afterEach(() => gateway.close());

const listChanged = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

describe('an idle stream', () => {
  test('tells of changed tools, each time', async () => {
    const response = await gateway.get(gateway.sessionHeaders());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const { events, priming } = await begin(response);
    expect(priming).toMatchObject({ data: '', retry: '2000' });
    const heard = [];
    for (const name of ['two', 'three']) {
      gateway.offer([anyTool(name)]);
      heard.push(await next(events));
    }
    expect(heard.map(({ message }) => message)).toEqual([listChanged, listChanged]);
    expect(new Set([priming.id, ...heard.map(({ id }) => id)]).size).toBe(3);
    await events.return(undefined);
  });

  test('says nothing of a reload that changed no tool', async () => {
    const { events } = await begin(await gateway.get());
    gateway.offer([anyTool('one')]);
    gateway.closing.abort();
    expect(await rest(events)).toEqual([]);
  });

  test('begins with the message in versions that know no priming event', async () => {
    const events = readEvents(await gateway.get({ 'mcp-protocol-version': '2025-06-18' }));
    gateway.offer([anyTool('two')]);
    expect((await next(events)).message).toEqual(listChanged);
    await events.return(undefined);
  });

  test('that is opened again tells of what changed in between', async () => {
    const { events, lastEventId } = await begin(await gateway.get());
    await events.return(undefined);
    gateway.offer([anyTool('two')]);
    const again = await begin(await gateway.get({ 'last-event-id': lastEventId }));
    expect(again.lastEventId).toBe(lastEventId);
    const told = await next(again.events);
    expect(told.message).toEqual(listChanged);
    await again.events.return(undefined);

    // And a third time there is nothing to tell.
    const quiet = await begin(await gateway.get({ 'last-event-id': told.id ?? '' }));
    gateway.closing.abort();
    expect(await rest(quiet.events)).toEqual([]);
  });

  test('ends when the gateway stops', async () => {
    const { events } = await begin(await gateway.get());
    gateway.closing.abort();
    expect(await rest(events)).toEqual([]);
  });
});

describe('GET', () => {
  test.each([undefined, 'application/json', '*/*', 'text/html'])(
    'that does not ask for a stream is 406: %s',
    async (accept) => {
      const headers = accept === undefined ? { accept: '' } : { accept };
      const response = await gateway.get(headers);
      expect(response.status).toBe(406);
      expect(await response.json()).toMatchObject({ error: { code: -32600 } });
    },
  );

  test('with a session that is none is 404', async () => {
    expect((await gateway.get({ 'mcp-session-id': 'forged' })).status).toBe(404);
  });

  test('with a version that is not supported is 400', async () => {
    expect((await gateway.get({ 'mcp-protocol-version': '1999-01-01' })).status).toBe(400);
  });
});
