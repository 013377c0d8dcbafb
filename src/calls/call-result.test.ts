import { describe, expect, test } from 'vitest';
import { aJob } from '../../test/support/jobs.ts';
import type { JobStatus } from '../jobs/job.ts';
import type { Json } from '../lib/json.ts';
import { callResult, newestForm } from './call-result.ts';

function succeeded(result: Json) {
  return aJob({ status: 'Succeeded', result });
}

function text(value: string) {
  return { type: 'text', text: value };
}

describe('a result', () => {
  test.each([
    [[text('done')]],
    [[{ type: 'image', data: 'AA==', mimeType: 'image/png' }]],
    [[{ type: 'audio', data: 'AA==', mimeType: 'audio/wav' }]],
    [[{ type: 'resource_link', uri: 'file:///a', name: 'a' }]],
    [[{ type: 'resource', resource: { uri: 'file:///a', text: 'x' } }]],
    [[{ type: 'resource', resource: { uri: 'file:///a', blob: 'AA==' } }]],
    [[]],
  ])('that is a CallToolResult passes through: %j', (content: Json[]) => {
    const result = { content, isError: true, _meta: { a: 1 }, structuredContent: { b: 2 } };
    expect(callResult(succeeded(result))).toEqual({ kind: 'result', result });
  });

  test.each([
    ['a block without its text', { content: [{ type: 'text' }] }],
    ['a block of an unknown type', { content: [{ type: 'video', data: '' }] }],
    ['a block that is text', { content: ['done'] }],
    ['a resource without contents', { content: [{ type: 'resource', resource: { uri: 'a' } }] }],
    ['content that is text', { content: 'done' }],
    ['isError that is text', { content: [], isError: 'no' }],
    ['_meta that is text', { content: [], _meta: 'x' }],
    ['structured content that is a list', { content: [], structuredContent: [] }],
  ])('with %s is ordinary JSON', (_name, result) => {
    expect(callResult(succeeded(result))).toEqual({
      kind: 'result',
      result: {
        content: [text(JSON.stringify(result))],
        structuredContent: result,
        isError: false,
      },
    });
  });

  test.each<[Json, string]>([
    ['plain text', 'plain text'],
    [42, '42'],
    [null, 'null'],
    [[1, 2], '[1,2]'],
  ])('%j is structured content only where any JSON may be', (result, asText) => {
    const content = [text(asText)];
    expect(callResult(succeeded(result))).toEqual({
      kind: 'result',
      result: { content, isError: false },
    });
    expect(callResult(succeeded(result), newestForm)).toEqual({
      kind: 'result',
      result: { content, structuredContent: result, isError: false },
    });
  });
});

describe('a failure', () => {
  test.each(['ActorError', 'DeadlineExceeded'] as const)(
    'by %s is a result to learn from',
    (reason) => {
      const job = aJob({ status: 'Failed', reason, error: 'bad url', errorDetails: { type: 'E' } });
      expect(callResult(job)).toEqual({
        kind: 'result',
        result: {
          content: [text('bad url')],
          structuredContent: {
            job_id: job.id,
            reason,
            error: 'bad url',
            error_details: { type: 'E' },
          },
          isError: true,
        },
      });
    },
  );

  test.each(['Unroutable', 'PublishFailed', 'HeartbeatLost'] as const)(
    'by %s is an error',
    (reason) => {
      const job = aJob({ status: 'Failed', reason, error: 'no queue' });
      expect(callResult(job)).toEqual({
        kind: 'failure',
        failure: { message: 'no queue', jobId: job.id, reason },
      });
    },
  );

  test('a cancelled job says why', () => {
    const cancelled = { status: 'Cancelled', reason: 'CancelledByClient' } as const;
    expect(callResult(aJob({ ...cancelled, error: 'not needed' }))).toMatchObject({
      result: { content: [text('not needed')], isError: true },
    });
    expect(callResult(aJob(cancelled))).toMatchObject({
      result: {
        content: [text('job cancelled')],
        structuredContent: { reason: 'CancelledByClient' },
        isError: true,
      },
    });
  });
});

test.each<JobStatus>(['Pending', 'Running', 'InputRequired'])(
  'a %s job has no outcome',
  (status) => {
    expect(() => callResult(aJob({ status }))).toThrow(TypeError);
  },
);
