import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobStore } from '../../src/jobs/ports/job-store.ts';
import type { Job } from '../../src/jobs/job.ts';
import { anyTool, callOf, rpc, startMcpGateway, type McpGateway } from '../support/mcp-gateway.ts';
import { begin } from '../support/clients/mcp-stream.ts';
import { messagesOf, postModern } from '../support/clients/modern-client.ts';
import { readEvents } from '../support/clients/sse-client.ts';

/*
 * Invariant 9: streams and waits hold a position. Jobs can be large, and thousands of clients may wait:
 * none of them must keep its job, or the arguments it came with, in memory.
 */

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let gateway: McpGateway;
/** Every job that left or entered the store, and all arguments. */
let seen: WeakRef<object>[];

/** Keeps copies, as a database does, so that nothing in the process has to keep a job. */
function copying(inner: JobStore): JobStore {
  const note = <T extends object>(value: T): T => {
    seen.push(new WeakRef(value));
    return value;
  };
  const copyOf = (job: Job | null): Job | null => job && note(structuredClone(job));
  return new Proxy(inner, {
    get(target, name, receiver) {
      if (name === 'create') {
        return (jobs: readonly Job[], until: number) =>
          target.create(
            jobs.map((job) => structuredClone(note(job))),
            until,
          );
      }
      if (name === 'get') {
        return async (ids: readonly string[]) => (await target.get(ids)).map(copyOf);
      }
      const member: unknown = Reflect.get(target, name, receiver);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

beforeEach(async () => {
  seen = [];
  const checkArguments = (given: unknown) => {
    const own = Object(given);
    seen.push(new WeakRef(own));
    return { ok: true, arguments: own } as const;
  };
  gateway = await startMcpGateway({
    wrapStore: copying,
    tools: [
      anyTool('wait', { mode: 'wait', checkArguments }),
      anyTool('hybrid', { mode: 'hybrid', waitSeconds: 25, checkArguments }),
      anyTool('first', { asksFirst: true, taskSupport: 'required', checkArguments }),
    ],
  });
  // Takes the messages, which hold the arguments, and leaves the jobs unfinished.
  for (const step of ['wait', 'hybrid', 'first']) await gateway.actor(step, () => []);
});

afterEach(() => gateway.close());

async function held(): Promise<number> {
  let left = Infinity;
  // What a promise has just let go of is garbage only once its reactions have run.
  for (let round = 0; round < 20 && left > 0; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    left = seen.filter((ref) => ref.deref() !== undefined).length;
  }
  return left;
}

const large = { text: 'x'.repeat(10_000) };

async function newJob(): Promise<string> {
  const { id } = await gateway.submit({ tool: 'hybrid', steps: ['hybrid'] });
  return id;
}

describe('nothing is held', () => {
  test('by a stream of a job', async () => {
    const events = readEvents(await fetch(new URL(`/jobs/${await newJob()}/stream`, gateway.url)));
    await events.next();
    await events.next();
    await events.next();
    expect(seen.length).toBeGreaterThan(0);
    expect(await held()).toBe(0);
    await events.return(undefined);
  });

  test('by a call that waits over HTTP', async () => {
    const waiting = fetch(new URL('/tools/call', gateway.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({ name: 'wait', arguments: large }),
    });
    await expect.poll(() => gateway.store.outboxBacklog()).toMatchObject({ jobs: 0 });
    await expect.poll(() => seen.length).toBeGreaterThan(1);
    expect(await held()).toBe(0);
    gateway.closing.abort();
    expect((await waiting).status).toBe(200);
  });

  test.each(['wait', 'hybrid'])('by a call of a session to the tool %s', async (tool) => {
    const { events } = await begin(await gateway.post(callOf(tool, large)));
    expect(seen.length).toBeGreaterThan(1);
    expect(await held()).toBe(0);
    await events.return(undefined);
  });

  test('by a call that was resumed', async () => {
    const first = await begin(await gateway.post(callOf('hybrid', large)));
    await first.events.return(undefined);
    const headers = { 'last-event-id': first.lastEventId };
    const { events } = await begin(await gateway.get(headers));
    expect(await held()).toBe(0);
    await events.return(undefined);
  });

  test('by job_wait and tasks/result', async () => {
    const id = await newJob();
    const wait = await begin(await gateway.post(callOf('job_wait', { job_id: id })));
    const result = await gateway.post(rpc('tasks/result', { taskId: id }, 2));
    expect(await held()).toBe(0);
    await wait.events.return(undefined);
    await result.body?.cancel();
  });

  test.each([
    ['a call', 'wait', {}],
    ['a task that may ask first', 'first', { tasks: true }],
  ])('by %s of 2026-07-28', async (_name, tool, options) => {
    const params = { name: tool, arguments: large };
    const response = await postModern(gateway.url, 'tools/call', params, options);
    expect(seen.length).toBeGreaterThan(1);
    expect(await held()).toBe(0);
    await response.body?.cancel();
  });

  test('by a subscription to many tasks, though its client reads nothing', async () => {
    const taskIds = await Promise.all(Array.from({ length: 100 }, newJob));
    const response = await postModern(
      gateway.url,
      'subscriptions/listen',
      { notifications: { taskIds } },
      { tasks: true },
    );
    const messages = messagesOf(response, 'subscriptions/listen');
    for (let n = 0; n <= taskIds.length; n++) await messages.next();
    expect(await held()).toBe(0);
    // All of them finish at once, with results that fill the connection.
    const result = { text: 'x'.repeat(100_000) };
    const done = { type: 'succeeded', result } as const;
    await Promise.all(taskIds.map((id) => gateway.events.apply(id, done)));
    // Those whose turn it is are held, and none of the others.
    expect(await held()).toBeLessThanOrEqual(8);
    const statuses = new Set<string>();
    for (let n = 0; n < taskIds.length; n++) {
      const { value } = await messages.next();
      statuses.add(value.params.status);
    }
    expect([...statuses]).toEqual(['completed']);
    await messages.return(undefined);
  });
});
