import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { schemaFaults, valueFaults } from '../tools/json-schema.ts';
import { formatPath, type Path } from '../tools/path.ts';
import type { InputAnswers, InputMethod, InputRequest, InputRequests } from './job-input.ts';

/**
 * What is wrong with answers, a sentence each that names the answer by its path. Answers to nothing
 * that is asked are nobody's concern (MCP 2026-07-28, multi round-trip requests, "Error Handling").
 */
export function answerFaults(requests: InputRequests, answers: InputAnswers): string[] {
  return Object.entries(answers).flatMap(([key, answer]) => {
    const request = requests[key];
    if (request === undefined) return [];
    return checks[request.method](request, answer).map(({ path, problem }) =>
      `${formatPath([key, ...path])} ${problem}`.trim(),
    );
  });
}

interface AnswerFault {
  readonly path: Path;
  readonly problem: string;
}

type Check = (request: InputRequest, answer: JsonObject) => AnswerFault[];

const checks: { readonly [M in InputMethod]: Check } = {
  'elicitation/create': elicitationFaults,
  'sampling/createMessage': (_, answer) => schemaFaultsOf(samplingResult, answer),
  'roots/list': (_, answer) => schemaFaultsOf(rootsResult, answer),
};

/** MCP 2026-07-28, schema, `ElicitResult`; what a user accepts has to fit what was asked. */
function elicitationFaults({ params }: InputRequest, answer: JsonObject): AnswerFault[] {
  const faults = schemaFaultsOf(elicitationResult, answer);
  const { requestedSchema } = params;
  if (faults.length > 0 || answer['action'] !== 'accept') return faults;
  // A user is led to a page, or the actor asked in a way that cannot be checked.
  if (!isJsonObject(requestedSchema) || schemaFaults(requestedSchema).length > 0) return [];
  return schemaFaultsOf(requestedSchema, answer['content'] ?? {}).map(({ path, problem }) => ({
    path: ['content', ...path],
    problem,
  }));
}

function schemaFaultsOf(schema: JsonObject, value: Json): AnswerFault[] {
  return valueFaults(schema, value);
}

const elicitationResult: JsonObject = {
  type: 'object',
  properties: {
    action: { enum: ['accept', 'decline', 'cancel'] },
    content: { type: ['object', 'null'] },
  },
  required: ['action'],
};

/** MCP 2026-07-28, schema, `CreateMessageResult`. */
const samplingResult: JsonObject = {
  type: 'object',
  properties: {
    role: { enum: ['user', 'assistant'] },
    content: { type: ['object', 'array'] },
    model: { type: 'string' },
  },
  required: ['role', 'content', 'model'],
};

/** MCP 2026-07-28, schema, `ListRootsResult`. */
const rootsResult: JsonObject = {
  type: 'object',
  properties: {
    roots: {
      type: 'array',
      items: {
        type: 'object',
        properties: { uri: { type: 'string' } },
        required: ['uri'],
      },
    },
  },
  required: ['roots'],
};
