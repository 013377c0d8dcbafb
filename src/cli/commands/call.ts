import { randomUUID } from 'node:crypto';
import type { GatewayClient } from '../../client/gateway-client.ts';
import { GatewayFault } from '../../client/gateway-fault.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { clientOptions, furtherCommand, openClient } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { Detaching } from '../calls/detaching.ts';
import { exitCode } from '../exit-code.ts';
import { findTool } from '../calls/find-tool.ts';
import { followJob } from '../calls/follow-job.ts';
import { secondsOf } from '../terminal/seconds.ts';
import { sayDetached, showOutcome } from '../calls/show-outcome.ts';
import { oneLine, say } from '../terminal/terminal.ts';
import { objectOfWords } from '../calls/tool-arguments.ts';
import { argumentsAfter } from '../calls/tool-words.ts';
import { UsageError } from '../usage-error.ts';

export default defineCommand({
  usage: 'TOOL [NAME=VALUE | NAME:=JSON | NAME=@FILE …]',
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  description: `Calls a tool, shows its progress on standard error, asks what its actors ask, and prints its
result; JSON, the whole job, if the output is not a terminal. A VALUE is typed by the tool:
5 is a number for an integer, and a text for a string. Ctrl-C lets go of the job, which goes on.`,
  options: {
    args: {
      type: 'string',
      value: 'JSON|@FILE|-',
      help: 'The arguments as a JSON object, from a file, or from standard input',
      complete: 'file',
    },
    detach: { type: 'boolean', help: 'Do not wait: print the job, and go' },
    out: {
      type: 'string',
      value: 'DIR',
      help: "Write the result's images, audio and resources into this directory",
      complete: 'file',
    },
    timeout: {
      type: 'string',
      value: 'S',
      help: 'Let go of the job after so many seconds, as with Ctrl-C',
    },
    key: {
      type: 'string',
      value: 'KEY',
      help: 'The idempotency key: calls with one key make one job (default: a new one)',
    },
    ...clientOptions,
  },
  examples: [
    ["call make_poster title='Hello' border=round", 'Call a tool, and watch it'],
    [
      'call word_count text=@README.md top:=3 | jq .result',
      "Use a file's text, and the result in a script",
    ],
    ['call make_poster --args \'{"title": "Hello"}\' --detach', 'Begin a job, and leave it'],
  ],
  complete: 'tool',
  completeAfter: ([tool = '', ...words], client) => argumentsAfter(tool, words, client),
  run: async ({ args: [name = '', ...words], options }) => {
    const { timeout, detach = false, key = randomUUID() } = options;
    const ms = timeout === undefined ? null : secondsOf(timeout, '--timeout') * 1_000;
    using detaching = new Detaching(ms);
    const client = openClient(options, { signal: detaching.signal });
    let jobId: string | null = null;
    try {
      const { inputSchema } = await findTool(client, name);
      const given = await objectOfWords(options.args ?? null, words, inputSchema);
      jobId = await begin(client, name, given, key);
      if (jobId === null) return exitCode.usage;
      if (detach) {
        await showOutcome(await client.job(jobId), { ...options, json: true });
        say(`Watch it: ${furtherCommand(`jobs watch ${jobId}`, options)}`);
        return exitCode.succeeded;
      }
      return await showOutcome(await followJob(jobId, { client, detaching }), options);
    } catch (error) {
      if (jobId === null && detaching.signal.aborted) {
        say(
          `${detaching.why}It is not known whether there is a job; the same call with --key ${key} never makes a second one.`,
        );
        return exitCode.detached;
      }
      if (jobId !== null && detaching.signal.aborted)
        return sayDetached(detaching.why, jobId, options);
      if (jobId !== null) say(`The job goes on: ${furtherCommand(`jobs watch ${jobId}`, options)}`);
      throw error;
    }
  },
});

/**
 * @returns the job's id; null: the arguments are wrong, which was said
 * @throws UsageError if the key does not hold for this call; GatewayFault
 */
async function begin(
  client: GatewayClient,
  name: string,
  given: JsonObject,
  key: string,
): Promise<string | null> {
  try {
    const { structuredContent: handle, content } = await client.request<CallResponse>({
      method: 'POST',
      path: '/tools/call',
      body: { name, arguments: given },
      headers: { 'idempotency-key': key },
    });
    if (isJsonObject(handle) && typeof handle['job_id'] === 'string') return handle['job_id'];
    say(content.map(({ text = '' }) => oneLine(text)).join('\n'));
    return null;
  } catch (error) {
    const code = error instanceof GatewayFault ? error.code : null;
    if (
      error instanceof Error &&
      (code === 'invalid_idempotency_key' || code === 'idempotency_key_reused')
    ) {
      throw new UsageError(error.message, 'call');
    }
    throw error;
  }
}

interface CallResponse {
  readonly content: readonly { readonly text?: string }[];
  readonly structuredContent?: unknown;
}
