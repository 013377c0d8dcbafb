import { jobPath } from '../../client/gateway-client.ts';
import { clientOptions, openClient } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { forEachJob } from '../calls/for-each-job.ts';

export default defineCommand({
  usage: 'ID…',
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  description:
    'Cancels jobs, with their unfinished children. A job that was cancelled before counts as done.',
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'Why; it becomes the message of the job' },
    ...clientOptions,
  },
  examples: [
    ['jobs cancel 01a203f6-49ac-72cf-8c6c-596f5957d302', 'Cancel a job'],
    [
      'jobs cancel $(asya-gateway jobs ls --status Running | jq -r .id)',
      'Cancel the newest 20 that run',
    ],
  ],
  complete: 'job',
  run: ({ args, options }) => {
    const { reason } = options;
    const client = openClient(options);
    return forEachJob(args, options, (id) =>
      client.request({
        method: 'POST',
        path: `${jobPath(id)}/cancel`,
        body: reason === undefined ? {} : { reason },
      }),
    );
  },
});
