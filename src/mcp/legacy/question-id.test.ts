import fc from 'fast-check';
import { expect, test } from 'vitest';
import { questionId, readQuestionId } from './question-id.ts';

const question = fc.record({
  jobId: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
  key: fc.stringMatching(/^[\w.:@-]{1,128}$/),
});

test('an id tells the job and the key of a question', () => {
  fc.assert(
    fc.property(question, ({ jobId, key }) => {
      expect(readQuestionId(questionId(jobId, key))).toEqual({ jobId, key });
    }),
  );
});

test('a question has one id', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^input\.[\w.:@-]{0,9}$/)), (text) => {
      const read = readQuestionId(text);
      if (read !== null) expect(questionId(read.jobId, read.key)).toBe(text);
    }),
  );
});

test.each([null, 7, '', 'input', 'input.j', 'input.j.', 'input..k', 'other.j.k', 'input.j.a b'])(
  '%j is none',
  (id) => {
    expect(readQuestionId(id)).toBeNull();
  },
);
