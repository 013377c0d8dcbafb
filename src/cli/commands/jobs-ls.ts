import type { ApiJob } from '../../client/api.ts';
import type { GatewayClient } from '../../client/gateway-client.ts';
import { clientOptions, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { sinceText } from '../terminal/seconds.ts';
import { print, printJsonLine } from '../terminal/terminal.ts';
import { ageOf, outputWidth, textTable } from '../terminal/text-table.ts';
import { UsageError } from '../usage-error.ts';

const statuses = ['Pending', 'Running', 'InputRequired', 'Succeeded', 'Failed', 'Cancelled'];

/** Most jobs that the gateway sends at a time. */
const pageSize = 200;

export default defineCommand({
  usage: '',
  minArgs: 0,
  maxArgs: 0,
  description: 'Lists jobs, the newest first; as JSON Lines if the output is not a terminal.',
  options: {
    status: {
      type: 'string',
      value: 'STATUS',
      help: `One of ${statuses.join(', ')}`,
      complete: statuses,
    },
    tool: { type: 'string', value: 'NAME', help: 'Jobs of this tool', complete: 'tool' },
    parent: { type: 'string', value: 'ID', help: 'The children of this job', complete: 'job' },
    since: { type: 'string', value: 'TIME', help: 'Jobs newer than 10m, 2h, 7d, or a date' },
    limit: { type: 'string', value: 'N', help: 'Most jobs to list; default 20' },
    ...clientOptions,
  },
  examples: [
    ['jobs ls', 'The newest 20 jobs'],
    ['jobs ls --status Failed --since 1h', 'What failed in the last hour'],
    ['jobs ls --tool make_poster --limit 1000 | jq -r .id', 'The ids of a tool’s jobs'],
  ],
  run: async ({ options }) => {
    const now = Date.now();
    const query = new URLSearchParams();
    if (options.status !== undefined) query.set('status', options.status);
    if (options.tool !== undefined) query.set('tool', options.tool);
    if (options.parent !== undefined) query.set('parent_id', options.parent);
    if (options.since !== undefined) query.set('created_after', sinceText(options.since, now));
    const jobs = listedJobs(openClient(options), query, countOf(options.limit));
    if (wantsJson(options)) {
      for await (const job of jobs) printJsonLine(job);
      return exitCode.succeeded;
    }
    const rows = (await Array.fromAsync(jobs)).map((job) => [
      job.id,
      job.tool ?? '',
      `${job.status}${job.reason === undefined ? '' : ` ${job.reason}`}`,
      job.current_step ?? '',
      ageOf(job.created_at, now),
      job.error ?? job.message ?? '',
    ]);
    print(textTable(['ID', 'TOOL', 'STATUS', 'STEP', 'AGE', 'MESSAGE'], rows, outputWidth()));
    return exitCode.succeeded;
  },
});

function countOf(text = '20'): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--limit takes a whole number above 0, not "${text}"`, 'jobs ls');
}

interface ListedPage {
  readonly jobs: readonly ApiJob[];
  readonly next_cursor: string | null;
}

/** A page may hold fewer jobs than it was asked for, so only the cursor tells the end. */
async function* listedJobs(
  client: GatewayClient,
  query: URLSearchParams,
  count: number,
): AsyncGenerator<ApiJob> {
  let left = count;
  while (left > 0) {
    query.set('limit', String(Math.min(left, pageSize)));
    const page = await client.request<ListedPage>({
      method: 'GET',
      path: `/jobs?${query.toString()}`,
    });
    yield* page.jobs;
    left -= page.jobs.length;
    if (page.next_cursor === null) return;
    query.set('cursor', page.next_cursor);
  }
}
