import { expect, test } from 'vitest';
import { answerFaults } from './answer-faults.ts';
import type { InputRequest, InputRequests } from '../job-input.ts';

const requests: InputRequests = {
  size: {
    method: 'elicitation/create',
    params: {
      message: 'Which size?',
      requestedSchema: {
        type: 'object',
        properties: { width: { type: 'integer', minimum: 1 } },
        required: ['width'],
      },
    },
  },
  page: { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com' } },
  text: { method: 'sampling/createMessage', params: {} },
  where: { method: 'roots/list', params: {} },
};

test('answers as MCP has them are right', () => {
  expect(
    answerFaults(requests, {
      size: { action: 'accept', content: { width: 3 } },
      page: { action: 'accept' },
      text: { role: 'assistant', content: { type: 'text', text: 'x' }, model: 'm' },
      where: { roots: [{ uri: 'file:///a' }] },
    }),
  ).toEqual([]);
  expect(answerFaults(requests, { size: { action: 'decline' } })).toEqual([]);
  expect(answerFaults(requests, { nobody: { asked: 'this' } })).toEqual([]);
});

test('every fault is named by its path', () => {
  expect(answerFaults(requests, { size: { action: 'accept', content: { width: 0 } } })).toEqual([
    'size.content.width must be >= 1',
  ]);
  const faults = answerFaults(requests, {
    size: { action: 'accept' },
    page: { action: 'perhaps' },
    text: { role: 'assistant' },
    where: { roots: [{}] },
  });
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'size.content.width',
    'page.action',
    'text.content',
    'text.model',
    'where.roots[0].uri',
  ]);
});

test('an answer by a name that every object has is one to nothing that is asked', () => {
  for (const key of ['constructor', 'toString', '__proto__']) {
    const answers = Object.fromEntries([[key, { action: 'perhaps' }]]);
    expect(answerFaults(requests, answers)).toEqual([]);
    const asking = Object.fromEntries([[key, requests['page'] as InputRequest]]);
    expect(answerFaults(asking, answers)[0]).toContain(`${key}.action must be`);
  }
});
