import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerFaults } from '../../src/jobs/rules/answer-faults.ts';
import type { InputRequests } from '../../src/jobs/job-input.ts';
import { loadTools } from '../../src/tools/tools-file.ts';

/**
 * Usage: `node --expose-gc heap-growth.ts <work> <warmUps> <rounds>`: does the work, and prints how
 * many bytes are in use after a collection, before and after the rounds: `{ "before", "after" }`.
 * The resident size is no measure: V8 lets its young generation grow with the rate of allocation.
 */

/** A form of ten fields, read anew, as it comes from the store for each answer. */
function question(title: string): InputRequests {
  const fields = Array.from({ length: 10 }, (_, i) => [
    `field${i}`,
    { type: 'string', title: `Field ${i}`, pattern: `^[a-z]{1,${i + 5}}$` },
  ]);
  const properties: unknown = Object.fromEntries(fields);
  const requestedSchema = { type: 'object', title, properties, required: ['field0'] };
  return JSON.parse(
    JSON.stringify({ form: { method: 'elicitation/create', params: { requestedSchema } } }),
  ) as InputRequests;
}

function answer(requests: InputRequests, field: string, faults: number): void {
  const found = answerFaults(requests, {
    form: { action: 'accept', content: { field0: field, field1: field } },
  });
  if (found.length !== faults) throw new Error(found.join('\n'));
}

const directory = mkdtempSync(join(tmpdir(), 'tools-'));

/** Writes tools whose schemas differ in every round, as after an edit. */
function writeTools(round: number, count: number): void {
  const tools = Array.from({ length: count }, (_, i) => ({
    name: `tool${i}`,
    route: ['step'],
    input_schema: {
      type: 'object',
      title: `Round ${round}`,
      properties: { a: { type: 'string', pattern: `^a{1,${i + 1}}$` }, b: { type: 'integer' } },
      required: ['a'],
    },
    output_schema: { type: 'object', properties: { n: { type: 'number', minimum: i } } },
  }));
  writeFileSync(join(directory, 'tools.yaml'), JSON.stringify({ tools }));
}

const works: Readonly<Record<string, (round: number) => void>> = {
  'right answers': () => answer(question('Q'), 'abc', 0),
  'wrong answers': () => answer(question('Q'), 'ABC', 2),
  'answers to different questions': (round) => answer(question(`Q${round}`), 'ABC', 2),
  reloads: (round) => {
    writeTools(round, 20);
    const checked = loadTools(directory).find('tool0')?.checkArguments({ a: 'b' });
    if (checked?.ok !== false) throw new Error('the tools were not taken as they are');
  },
};

function held(): number {
  // What was compiled survives some collections before V8 lets go of it.
  for (let i = 0; i < 10; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [name = '', warmUps, rounds] = process.argv.slice(2);
const work = works[name];
if (work === undefined || globalThis.gc === undefined) throw new Error('see the usage above');
for (let i = 0; i < Number(warmUps); i++) work(i);
const before = held();
for (let i = 0; i < Number(rounds); i++) work(Number(warmUps) + i);
const after = held();
rmSync(directory, { recursive: true });
console.log(JSON.stringify({ before, after }));
