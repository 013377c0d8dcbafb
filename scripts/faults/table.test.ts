import { expect, test } from 'vitest';
import { inDocument, type NotedRow } from './table.ts';

const row: NotedRow = {
  file: 'kills',
  fault: 'kill -9',
  load: '100/s, 10 s',
  accepted: 1_000,
  refused: 3,
  unanswered: 2,
  lost: 0,
  repeatedRuns: 1,
  recovery: 0.5,
};
const empty =
  'Before.\n\n<!-- faults: written by make faults write=1 -->\n<!-- /faults -->\n\nAfter.\n';

test('rows take the place of those from the same file, and others stay', () => {
  const first = inDocument(empty, [row, { ...row, file: 'soak', fault: 'soak', recovery: null }]);
  expect(first).toMatch(/^Before\.[^]*After\.\n$/);
  const second = inDocument(first, [{ ...row, accepted: 2_000 }]);
  expect(second.match(/^\| (kill|soak).*$/gm)).toEqual([
    '| kill -9 | 100/s, 10 s | 2000 | 3 | 2 | 0 | 1 | 0.5 s | `make faults only=kills` |',
    '| soak | 100/s, 10 s | 1000 | 3 | 2 | 0 | 1 |  | `make soak` |'.replace('  ', ' '),
  ]);
});

test('a document without the place for it is refused', () => {
  expect(() => inDocument('nothing', [row])).toThrow('must hold');
});
