import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { actor, type Actor, type ActorOptions, type Handler } from '../../src/actor/actor.ts';

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
  step('test_streaming_elicitation', () => 'Asked nothing'),
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
  step(
    'confirm_delete',
    async ({ filename }: { filename: string }, { signal }) => {
      await pause(20_000, undefined, { signal });
      return `Deleted ${filename}`;
    },
    { concurrency: 50 },
  ),
  step('failing_job', async () => {
    await pause(1000);
    throw new Error('This job always fails');
  }),
];

export default [...contents, ...onTheWay, ...schemas, ...lists, ...tasks];
