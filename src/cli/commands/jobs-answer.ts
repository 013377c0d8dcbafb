import type { ApiJob } from '../../client/api.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { askAndAnswer, sendAnswers } from '../calls/answering.ts';
import { clientOptions, furtherCommand, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { Detaching } from '../calls/detaching.ts';
import { exitCode } from '../exit-code.ts';
import { GatewayFault } from '../../client/gateway-fault.ts';
import { canAsk, print, printJson, say } from '../terminal/terminal.ts';
import { objectOfWords } from '../calls/tool-arguments.ts';
import { UsageError } from '../usage-error.ts';

export default defineCommand({
  usage: 'ID [KEY.FIELD=VALUE | KEY.FIELD:=JSON …]',
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  description: `Answers what a job asks: by the fields that are given, or else by asking on the terminal. KEY names
the question, as "jobs show" tells it; a VALUE is typed by the question's schema.`,
  options: {
    decline: {
      type: 'string',
      multiple: true,
      value: 'KEY',
      help: 'Decline to answer this question; may be repeated',
    },
    answer: {
      type: 'string',
      multiple: true,
      value: 'KEY=JSON',
      help: 'The whole answer as JSON, for questions that are no forms; may be repeated',
    },
    ...clientOptions,
  },
  examples: [
    ['jobs answer 01a203f6-49ac-72cf-8c6c-596f5957d302', 'Answer on the terminal'],
    ['jobs answer 01a203f6-49ac-72cf-8c6c-596f5957d302 size.width=300', 'Answer in a script'],
    ['jobs answer 01a203f6-49ac-72cf-8c6c-596f5957d302 --decline size', 'Decline'],
  ],
  complete: 'job',
  run: async ({ args: [id = '', ...words], options }) => {
    using detaching = new Detaching(null);
    const client = openClient(options, { signal: detaching.signal });
    const { decline = [], answer = [] } = options;
    try {
      const job = await client.job(id);
      if (words.length + decline.length + answer.length > 0) {
        const answers = await answersOf(job, { words, decline, answer });
        return show(await sendAnswers(client, id, answers), options);
      }
      if (job.status !== 'InputRequired') {
        say(`Job ${id} (${job.status}) asks for nothing.`);
        return exitCode.error;
      }
      if (!canAsk()) {
        show(job, options);
        say('Nobody can be asked here: give the answer as KEY.FIELD=VALUE.');
        return exitCode.asking;
      }
      return show(await askAndAnswer(client, job, detaching), options);
    } catch (error) {
      if (detaching.signal.aborted) {
        say(`\nThe job still asks: ${furtherCommand(`jobs answer ${id}`, options)}`);
        return exitCode.detached;
      }
      // The gateway names every fault of an answer.
      if (error instanceof GatewayFault && error.status === 400) {
        throw new UsageError(error.message, 'jobs answer');
      }
      throw error;
    }
  },
});

function show(job: ApiJob, options: { readonly json?: boolean }): number {
  if (wantsJson(options)) printJson(job);
  else print(`${job.id}  ${job.status}`);
  return exitCode.succeeded;
}

interface GivenAnswers {
  readonly words: readonly string[];
  readonly decline: readonly string[];
  readonly answer: readonly string[];
}

/** @throws UsageError for a key that the job does not ask under */
async function answersOf(job: ApiJob, given: GivenAnswers): Promise<JsonObject> {
  const keys = Object.keys(job.input_requests ?? {});
  const answers: JsonObject = {};
  for (const key of given.decline) answers[knownKey(key, keys)] = { action: 'decline' };
  for (const text of given.answer) {
    const [, key = '', value = ''] = /^(.*?)=(.*)$/s.exec(text) ?? [];
    answers[knownKey(key, keys)] = await objectOfWords(value, [], {});
  }
  // A key may hold dots, so the longest one that fits is meant.
  const longestFirst = keys.toSorted((a, b) => b.length - a.length);
  const byKey = Map.groupBy(given.words, (word) => {
    const key = longestFirst.find((each) => word.startsWith(`${each}.`));
    return key ?? knownKey(word.replace(/[.=].*$/s, ''), keys);
  });
  for (const [key, words] of byKey) {
    const schema = job.input_requests?.[key]?.params['requestedSchema'];
    const fields = words.map((word) => word.slice(key.length + 1));
    const content = await objectOfWords(null, fields, isJsonObject(schema) ? schema : {});
    answers[key] = { action: 'accept', content };
  }
  return answers;
}

function knownKey(key: string, keys: readonly string[]): string {
  if (keys.includes(key)) return key;
  const asked = keys.length === 0 ? 'nothing' : keys.join(', ');
  throw new UsageError(`the job does not ask for "${key}"; it asks for ${asked}`, 'jobs answer');
}
