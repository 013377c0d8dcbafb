import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { actor, type Actor, type ActorOptions, type Handler } from '../../src/actor/actor.ts';
import { elicit, roots, sample } from '../../src/actor/ask.ts';

/*
 * The actors behind tools.yaml: what the referee's scenarios say of each tool it calls. A step has its
 * tool's name, with the run's own prefix before it.
 */

const prefix = process.env['CONFORMANCE_STEP_PREFIX'] ?? '';

/** The gateway's tools files. */
const toolsDirectory = process.env['ASYA_CONFIG_PATH'] ?? '';

function step<Payload>(
  name: string,
  handler: Handler<Payload, unknown>,
  options: ActorOptions = {},
): Actor {
  return actor(`${prefix}${name}`, handler, options);
}

const redPixelPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC';

/** A WAV file without a sample: its RIFF header is all there is. */
const silenceWav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const image = { type: 'image', data: redPixelPng, mimeType: 'image/png' };

function text(said: string): { type: 'text'; text: string } {
  return { type: 'text', text: said };
}

function resource(uri: string, mimeType: string, content: string) {
  return { type: 'resource', resource: { uri, mimeType, text: content } };
}

const contents = [
  step('test_simple_text', () => ({
    content: [text('This is a simple text response for testing.')],
  })),
  step('test_image_content', () => ({ content: [image] })),
  step('test_audio_content', () => ({
    content: [{ type: 'audio', data: silenceWav, mimeType: 'audio/wav' }],
  })),
  step('test_embedded_resource', () => ({
    content: [
      resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
  })),
  step('test_multiple_content_types', () => ({
    content: [
      text('Multiple content types test:'),
      image,
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  })),
  step('test_error_handling', () => {
    throw new Error('This tool intentionally returns an error for testing');
  }),
];

const onTheWay = [
  step('test_tool_with_progress', async (_payload, { progress }) => {
    for (const message of ['begun', 'half done', 'done']) {
      await progress(message);
      await pause(50);
    }
    return 'Reported progress three times';
  }),
  step('test_logging_tool', () => 'Logged nothing'),
  step('test_streaming_elicitation', async (_payload, { ask }) => {
    await ask({ confirm: elicit('Go on?', { type: 'object', properties: {} }) });
    return 'Asked';
  }),
  // The referee reads a stream for ten seconds before it leaves, and comes back for five.
  step('test_reconnection', async () => {
    await pause(11_000);
    return 'Took a while';
  }),
];

const schemas = [
  step('json_schema_2020_12_tool', (payload) => payload),
  step('test_x_mcp_header', (payload) => payload),
];

const lists = [
  step('test_trigger_tool_change', async () => {
    const file = join(toolsDirectory, 'extra.yaml');
    if (existsSync(file)) await rm(file);
    else {
      const tool = { name: 'extra', description: 'Comes and goes', route: 'greet' };
      // The gateway must not see half a file.
      await writeFile(`${file}.part`, JSON.stringify({ tools: [tool] }));
      await rename(`${file}.part`, file);
    }
    return 'Changed the tools';
  }),
];

interface Computation {
  seconds: number;
  label?: string;
}

const tasks = [
  step('greet', ({ name }: { name: string }) => `Hello, ${name}!`),
  // The referee cancels computations of a minute: their messages stay at work until then.
  step(
    'slow_compute',
    async ({ seconds, label = 'computation' }: Computation, { signal }) => {
      await pause(seconds * 1000, undefined, { signal });
      return `${label} took ${seconds} s`;
    },
    { concurrency: 50 },
  ),
  step('failing_job', async () => {
    await pause(1000);
    throw new Error('This job always fails');
  }),
];

const aName = elicit('What is your name?', {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});

const ok = elicit('Please confirm', {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
});

const aColor = elicit('Step 2: What is your favorite color?', {
  type: 'object',
  properties: { color: { type: 'string' } },
  required: ['color'],
});

const aConfirmation = elicit('Delete it?', {
  type: 'object',
  properties: { confirm: { type: 'boolean' } },
});

/** What a user said, as the referee wants to read it. */
function told(answer: { readonly action: string; readonly content?: unknown }): string {
  return `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
}

const choices = ['option1', 'option2', 'option3'];
const titled = [
  { const: 'value1', title: 'First Option' },
  { const: 'value2', title: 'Second Option' },
];

const questions = [
  step('confirm_delete', async ({ filename }: { filename: string }, { ask }) => {
    const { sure } = await ask({ sure: aConfirmation });
    return `${sure.action === 'accept' ? 'Deleted' : 'Kept'} ${filename}`;
  }),
  step('multi_input', async (_payload, { ask }) => {
    const { first, second } = await ask({ first: aName, second: aConfirmation });
    return `${told(first)}; ${told(second)}`;
  }),
  step('test_tool_with_task', async (_payload, { ask }) => {
    const { user_name } = await ask({ user_name: aName });
    return `Hello, ${told(user_name)}`;
  }),
  step('test_sampling', async ({ prompt }: { prompt: string }, { ask }) => {
    const { answer } = await ask({ answer: sample(prompt, 100) });
    return `LLM response: ${JSON.stringify(answer.content)}`;
  }),
  step('test_elicitation', async ({ message }: { message: string }, { ask }) => {
    const { user } = await ask({
      user: elicit(message, {
        type: 'object',
        properties: {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        required: ['username', 'email'],
      }),
    });
    return `User response: ${told(user)}`;
  }),
  step('test_elicitation_sep1034_defaults', async (_payload, { ask }) => {
    const { form } = await ask({
      form: elicit('Fill this in', {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      }),
    });
    return `Elicitation completed: ${told(form)}`;
  }),
  step('test_elicitation_sep1330_enums', async (_payload, { ask }) => {
    const { form } = await ask({
      form: elicit('Choose', {
        type: 'object',
        properties: {
          untitledSingle: { type: 'string', enum: choices },
          titledSingle: { type: 'string', oneOf: titled },
          legacyEnum: {
            type: 'string',
            enum: ['opt1', 'opt2', 'opt3'],
            enumNames: ['Option One', 'Option Two', 'Option Three'],
          },
          untitledMulti: { type: 'array', items: { type: 'string', enum: choices } },
          titledMulti: { type: 'array', items: { anyOf: titled } },
        },
      }),
    });
    return `Elicitation completed: ${told(form)}`;
  }),
  step('test_input_required_result_elicitation', async (_payload, { ask }) => {
    const { user_name } = await ask({ user_name: aName });
    return `Hello, ${told(user_name)}!`;
  }),
  step('test_input_required_result_sampling', async (_payload, { ask }) => {
    const { capital_question } = await ask({
      capital_question: sample('What is the capital of France?', 100),
    });
    return JSON.stringify(capital_question.content);
  }),
  step('test_input_required_result_list_roots', async (_payload, { ask }) => {
    const { client_roots } = await ask({ client_roots: roots() });
    return client_roots.roots.map(({ uri }) => uri).join();
  }),
  step('test_input_required_result_request_state', async (_payload, { ask }) => {
    await ask({ confirm: ok });
    return 'state-ok';
  }),
  step('test_input_required_result_multiple_inputs', async (_payload, { ask }) => {
    await ask({
      user_name: aName,
      greeting: sample('Generate a greeting', 50),
      client_roots: roots(),
    });
    return 'Got them all';
  }),
  step('test_input_required_result_multi_round', async (_payload, { ask }) => {
    const { step1 } = await ask({ step1: aName });
    const { step2 } = await ask({ step2: aColor });
    return `${told(step1)}; ${told(step2)}`;
  }),
  step('test_input_required_result_tampered_state', async (_payload, { ask }) => {
    await ask({ confirm: ok });
    return 'state-ok';
  }),
  step('test_input_required_result_capabilities', async (_payload, { ask }) => {
    await ask({ user_name: aName, greeting: sample('Generate a greeting', 50) });
    return 'Got them all';
  }),
];

export default [...contents, ...onTheWay, ...schemas, ...lists, ...tasks, ...questions];
