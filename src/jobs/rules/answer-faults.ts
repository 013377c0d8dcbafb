import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { compile, valueFaults } from '../../schema/json-schema.ts';
import { formatPath } from '../../schema/path.ts';
import { readRecentSchema } from '../../schema/recent-schemas.ts';
import type { Fault } from '../../schema/schema-error.ts';
import {
  requestFor,
  type InputAnswers,
  type InputMethod,
  type InputRequest,
  type InputRequests,
} from '../job-input.ts';

/**
 * What is wrong with answers, a sentence each that names the answer by its path. Answers to nothing
 * that is asked are nobody's concern (MCP 2026-07-28, multi round-trip requests, "Error Handling").
 */
export function answerFaults(requests: InputRequests, answers: InputAnswers): string[] {
  return Object.entries(answers).flatMap(([key, answer]) => {
    const request = requestFor(requests, key);
    if (request === null) return [];
    return checks[request.method](request, answer).map(({ path, problem }) =>
      `${formatPath([key, ...path])} ${problem}`.trim(),
    );
  });
}

type Check = (request: InputRequest, answer: JsonObject) => Fault[];

const checks: { readonly [M in InputMethod]: Check } = {
  'elicitation/create': elicitationFaults,
  'sampling/createMessage': (_, answer) => valueFaults(samplingResult, answer),
  'roots/list': (_, answer) => valueFaults(rootsResult, answer),
};

/** MCP 2026-07-28, schema, `ElicitResult`; what a user accepts has to fit what was asked. */
function elicitationFaults({ params }: InputRequest, answer: JsonObject): Fault[] {
  const faults = valueFaults(elicitationResult, answer);
  const { requestedSchema } = params;
  if (faults.length > 0 || answer['action'] !== 'accept') return faults;
  // Nothing can be checked where a user is sent to a page, or where the actor's schema is not valid.
  if (!isJsonObject(requestedSchema)) return [];
  const asked = readRecentSchema(requestedSchema);
  if (!asked.ok) return [];
  return valueFaults(asked.validate, answer['content'] ?? {}).map(({ path, problem }) => ({
    path: ['content', ...path],
    problem,
  }));
}

const elicitationResult = compile({
  type: 'object',
  properties: {
    action: { enum: ['accept', 'decline', 'cancel'] },
    content: { type: ['object', 'null'] },
  },
  required: ['action'],
});

/** MCP 2026-07-28, schema, `CreateMessageResult`. */
const samplingResult = compile({
  type: 'object',
  properties: {
    role: { enum: ['user', 'assistant'] },
    content: { type: ['object', 'array'] },
    model: { type: 'string' },
  },
  required: ['role', 'content', 'model'],
});

/** MCP 2026-07-28, schema, `ListRootsResult`. */
const rootsResult = compile({
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
});
