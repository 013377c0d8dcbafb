import { describe, expect, it } from 'vitest';
import type { Json } from '../lib/json.ts';
import { decodeErrorEnd, decodeHappyEnd, MalformedEnd } from './end-message.ts';

const route = { steps: ['a'], current: 0, metadata: { job_id: 'J1' } };
const details = { message: 'boom', type: 'ValueError', traceback: '…' };

describe('happy-end', () => {
  it.each([
    ['first', { job_id: 'J1', route, payload: { n: 1 } }],
    ['second', { id: 'J1', route: { actors: ['a'], current: 1 }, payload: { n: 1 } }],
  ])('of the %s generation succeeds with the payload', (_generation, body) => {
    expect(decodeHappyEnd(body)).toEqual({
      jobId: 'J1',
      event: { type: 'succeeded', result: { n: 1 } },
      child: { parentId: null, steps: ['a'], orphan: 'refuse' },
    });
  });
});

describe('error-end', () => {
  const cases: [string, Json, string, Json][] = [
    ['J', { job_id: 'J1', error: 'bad', original_message: '{}' }, 'bad', null],
    [
      'J with details',
      { job_id: 'J1', error: 'bad', error_details: details },
      'bad: boom',
      details,
    ],
    ['J without a text', { job_id: 'J1', error: '', error_details: details }, 'boom', details],
    ['E', { id: 'J1', route, payload: { error: 'bad', original_payload: 1 } }, 'bad', null],
    [
      'E with details',
      { id: 'J1', route, payload: { error: 'bad', details } },
      'bad: boom',
      details,
    ],
    ['E with an object', { id: 'J1', route, payload: { error: details } }, 'boom', details],
    ['E without anything', { id: 'J1' }, 'the actor gave no error text', null],
  ];

  it.each(cases)('%s fails as ActorError', (_kind, body, error, errorDetails) => {
    expect(decodeErrorEnd(body)).toMatchObject({
      jobId: 'J1',
      event: { type: 'failed', reason: 'ActorError', error, details: errorDetails },
    });
  });

  it('names the parent of a fan-out child', () => {
    const body = { id: 'J1-2', parent_id: 'J1', route, payload: { error: 'bad' } };
    expect(decodeErrorEnd(body)).toMatchObject({
      jobId: 'J1-2',
      child: { parentId: 'J1', steps: ['a'] },
    });
  });
});

describe('what names no job', () => {
  it.each([null, [], 'text', {}, { id: 7 }, { job_id: 'a b' }, { id: '' }])('%j', (body) => {
    expect(() => decodeHappyEnd(body)).toThrow(MalformedEnd);
    expect(() => decodeErrorEnd(body)).toThrow(MalformedEnd);
  });
});
