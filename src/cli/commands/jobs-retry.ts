import { jobPath } from '../../client/gateway-client.ts';
import { clientOptions, openClient } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { forEachJob } from '../calls/for-each-job.ts';

export default defineCommand({
  usage: 'ID…',
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  description: `Repeats finished jobs: each as a new job of the same tool with the same arguments. A job that
was retried before has its retry already, which is shown instead of a second one.`,
  options: clientOptions,
  examples: [
    ['jobs retry 01a203f6-49ac-72cf-8c6c-596f5957d302', 'Repeat a job'],
    [
      'jobs watch $(asya-gateway jobs retry 01a203f6-49ac-72cf-8c6c-596f5957d302 | jq -r .id)',
      'Repeat it, and watch',
    ],
  ],
  complete: 'job',
  run: ({ args, options }) => {
    const client = openClient(options);
    return forEachJob(args, options, (id) =>
      client.request({ method: 'POST', path: `${jobPath(id)}/retry`, body: {} }),
    );
  },
});
