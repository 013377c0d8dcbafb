import { expect, test } from 'vitest';
import { replyForm } from './accept.ts';

test.each([
  ['application/json, text/event-stream', 'stream'],
  ['text/event-stream;q=0.5,application/json', 'stream'],
  ['Text/Event-Stream', 'stream'],
  ['application/json', 'json'],
  ['*/*', 'json'],
  ['application/*;q=0.1', 'json'],
  [undefined, 'json'],
  ['text/html', null],
  ['', null],
])('Accept: %s means %s', (accept, form) => {
  expect(replyForm(accept)).toBe(form);
});
