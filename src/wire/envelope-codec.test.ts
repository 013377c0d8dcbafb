import { describe, expect, it } from 'vitest';
import type { Envelope } from '../jobs/envelope.ts';
import { decodeEnvelope, encodeEnvelope, MalformedEnvelope } from './envelope-codec.ts';

const envelope: Envelope = {
  parentId: null,
  jobId: 'J1',
  steps: ['a', 'b'],
  current: 1,
  metadata: { job_id: 'J1', team: 'vision' },
  headers: { traceparent: '00-1' },
  payload: { n: [1, null] },
  deadline: Date.UTC(2026, 0, 1, 0, 5),
  answers: {},
};

describe('encodeEnvelope', () => {
  it('writes the names of both generations, and the deadline to the second', () => {
    expect(
      JSON.parse(encodeEnvelope({ ...envelope, deadline: Date.UTC(2026, 0, 1, 0, 4, 59, 1) })),
    ).toEqual({
      id: 'J1',
      job_id: 'J1',
      route: {
        steps: ['a', 'b'],
        actors: ['a', 'b'],
        current: 1,
        metadata: { job_id: 'J1', team: 'vision' },
      },
      headers: { traceparent: '00-1' },
      payload: { n: [1, null] },
      deadline: '2026-01-01T00:05:00Z',
    });
  });

  it('leaves an absent deadline out', () => {
    expect(encodeEnvelope({ ...envelope, deadline: null })).not.toContain('deadline');
  });
});

describe('decodeEnvelope', () => {
  it('reads whose child a job is', () => {
    const child = { ...envelope, jobId: 'J1-2', parentId: 'J1' };
    expect(JSON.parse(encodeEnvelope(child))).toMatchObject({ id: 'J1-2', parent_id: 'J1' });
    expect(decodeEnvelope(encodeEnvelope(child))).toMatchObject({ parentId: 'J1' });
  });

  it('reads what encodeEnvelope wrote', () => {
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  it('reads a payload that nests as deeply as arguments of a tool may', () => {
    const payload: unknown = JSON.parse(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`);
    const deep = { ...envelope, payload: payload as Envelope['payload'] };
    expect(decodeEnvelope(encodeEnvelope(deep))).toEqual(deep);
  });

  it('reads the first generation', () => {
    const body = { job_id: 'J1', route: { steps: ['a'], current: 0 }, payload: 1 };
    expect(decodeEnvelope(JSON.stringify(body))).toEqual({
      jobId: 'J1',
      parentId: null,
      steps: ['a'],
      current: 0,
      metadata: {},
      headers: {},
      payload: 1,
      deadline: null,
      answers: {},
    });
  });

  it('reads the second generation, whose headers hold any JSON', () => {
    const body = {
      id: 'J1-2',
      route: { actors: ['a'] },
      headers: { n: 1, s: 'x' },
      parent_id: 'J1',
    };
    expect(decodeEnvelope(JSON.stringify(body))).toMatchObject({
      jobId: 'J1-2',
      steps: ['a'],
      current: 0,
      headers: { n: '1', s: 'x' },
      payload: null,
    });
  });

  const route = { steps: ['a'], current: 0 };
  it.each([
    ['JSON', '{'],
    ['the body', '[]'],
    ['job_id', { route }],
    ['job_id', { id: '../x', route }],
    ['route must', { id: 'J1' }],
    ['route.steps', { id: 'J1', route: { steps: [] } }],
    ['route.steps', { id: 'J1', route: { steps: ['a', 1] } }],
    ['route.current', { id: 'J1', route: { steps: ['a'], current: 1 } }],
    ['route.current', { id: 'J1', route: { steps: ['a'], current: 0.5 } }],
    ['route.metadata', { id: 'J1', route: { ...route, metadata: [] } }],
    ['headers', { id: 'J1', route, headers: 'none' }],
    ['deadline', { id: 'J1', route, deadline: 'soon' }],
  ])('names %s in %j', (field, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(() => decodeEnvelope(text)).toThrow(MalformedEnvelope);
    expect(() => decodeEnvelope(text)).toThrow(field);
  });
});
