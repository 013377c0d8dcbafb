import { clientOptions, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { resultText } from '../calls/result-content.ts';
import { oneLine, print, printJson, readable } from '../terminal/terminal.ts';
import { ageOf } from '../terminal/text-table.ts';

export default defineCommand({
  usage: 'ID',
  minArgs: 1,
  maxArgs: 1,
  description: 'Shows a job as it is now.',
  options: clientOptions,
  examples: [
    ['jobs show 01a203f6-49ac-72cf-8c6c-596f5957d302', 'Show a job'],
    ['jobs show 01a203f6-49ac-72cf-8c6c-596f5957d302 | jq .result', 'Only its result'],
  ],
  complete: 'job',
  run: async ({ args: [id = ''], options }) => {
    const job = await openClient(options).job(id);
    if (wantsJson(options)) {
      printJson(job);
      return exitCode.succeeded;
    }
    const facts = {
      Job: job.id,
      Tool: job.tool,
      Status: `${job.status}${job.reason === undefined ? '' : ` (${job.reason})`}`,
      Progress: `${job.progress_percent} %`,
      Step: job.current_step,
      Message: job.message,
      Error: job.error,
      Age: ageOf(job.created_at, Date.now()),
    };
    for (const [name, value] of Object.entries(facts)) {
      if (value !== null) print(`${name.padEnd(10)}${oneLine(value)}`);
    }
    for (const [key, question] of Object.entries(job.input_requests ?? {})) {
      print(`\nAsks (${oneLine(key)}): ${readable(question.params)}`);
    }
    if (job.status === 'Succeeded') print(`\n${resultText(job.result)}`);
    return exitCode.succeeded;
  },
});
