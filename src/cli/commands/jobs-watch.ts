import { clientOptions, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { Detaching } from '../calls/detaching.ts';
import { followJob } from '../calls/follow-job.ts';
import { sayDetached, showOutcome } from '../calls/show-outcome.ts';
import { printJsonLine } from '../terminal/terminal.ts';

export default defineCommand({
  usage: 'ID',
  minArgs: 1,
  maxArgs: 1,
  description: `Watches a job until it is over, and prints its result; its updates, as JSON Lines, if the
output is not a terminal. It begins with the job's history, and goes on by itself when the
connection breaks. The exit code is that of call.`,
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      help: "Write the result's images, audio and resources into this directory",
      complete: 'file',
    },
    ...clientOptions,
  },
  examples: [
    ['jobs watch 01a203f6-49ac-72cf-8c6c-596f5957d302', 'Watch a job'],
    ['jobs watch 01a203f6-49ac-72cf-8c6c-596f5957d302 | jq -r .message', 'Only its messages'],
  ],
  complete: 'job',
  run: async ({ args: [id = ''], options }) => {
    using detaching = new Detaching(null);
    const client = openClient(options, { signal: detaching.signal });
    const asJson = wantsJson(options);
    try {
      const job = await followJob(id, {
        client,
        detaching,
        ...(asJson && { onUpdate: printJsonLine }),
      });
      // Programs had each update, of which the last one holds the result.
      return await showOutcome(job, { ...options, quiet: asJson });
    } catch (error) {
      if (detaching.signal.aborted) return sayDetached(detaching.why, id, options);
      throw error;
    }
  },
});
