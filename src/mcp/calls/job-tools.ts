import Type, { type Static, type TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import { isFinal, jobIdPattern, type Job, type JobState } from '../../jobs/job.ts';
import type { ToolBox } from '../../tools/tool.ts';
import type { McpCaller } from './caller.ts';
import type { WaitForJob } from './waited-call.ts';
import { statusResult } from './job-status.ts';
import { callResult, errorResult, type CallOutcome } from '../../calls/call-result.ts';
import type { ToolDefinition } from '../../calls/tool-listing.ts';

/** A tool of the gateway itself, which needs no actor. */
export interface JobTool {
  readonly definition: ToolDefinition;
  /** @throws StoreUnavailable or Overloaded */
  readonly call: (given: unknown, caller: McpCaller) => Promise<CallOutcome | WaitForJob>;
}

export interface JobToolsParts {
  /** The tools on offer at the moment: a job's own tool says how long its callers may wait. */
  readonly tools: () => ToolBox;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
}

/** Longest wait for a job whose tool does not say. Some clients give a call up after 30 seconds. */
const defaultWaitSeconds = 25;

const jobId = Type.String({
  pattern: jobIdPattern,
  description: 'The job_id of a job handle',
});

const jobInput = Type.Object({ job_id: jobId }, { additionalProperties: false });

const waitInput = Type.Object(
  {
    job_id: jobId,
    seconds: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'Longest wait; by default, and at most, as long as the tool itself waits',
      }),
    ),
  },
  { additionalProperties: false },
);

const cancelInput = Type.Object(
  {
    job_id: jobId,
    reason: Type.Optional(Type.String({ maxLength: 1_000, description: 'Why; kept with the job' })),
  },
  { additionalProperties: false },
);

/** The tools by which a model follows a job of which it has the handle. */
export function jobTools({ tools, retentionSeconds }: JobToolsParts): readonly JobTool[] {
  const kept = keptSentence(retentionSeconds);
  const readOnly = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };

  /** Reads the job that a tool is about, and says so if there is none. */
  async function withJob<T>(
    id: string,
    { client }: McpCaller,
    use: (job: Job) => T,
  ): Promise<T | CallOutcome> {
    const job = await client.jobs.get(id);
    return job === null ? unknownJob(id, kept) : use(job);
  }

  function patienceOf(job: Job): number {
    const tool = job.tool === null ? null : tools().find(job.tool);
    return tool?.waitSeconds ?? defaultWaitSeconds;
  }

  return [
    jobTool({
      name: 'job_status',
      description: `Tells how far a job has come. ${kept}`,
      input: jobInput,
      annotations: readOnly,
      call: ({ job_id: id }, caller) => withJob(id, caller, (job) => statusResult(job)),
    }),
    jobTool({
      name: 'job_wait',
      description:
        'Waits for a job and gives its result; if it takes longer, its status, and then job_wait ' +
        `may be called again. ${kept}`,
      input: waitInput,
      annotations: readOnly,
      call: ({ job_id: id, seconds = Infinity }, caller) =>
        withJob<CallOutcome | WaitForJob>(id, caller, (job) => {
          if (isFinal(job.status)) return callResult(job, caller.form);
          return {
            kind: 'wait',
            job,
            patience: { ms: Math.min(seconds, patienceOf(job)) * 1_000, instead: 'status' },
          };
        }),
    }),
    jobTool({
      name: 'job_result',
      description: `Gives the result of a finished job. ${kept}`,
      input: jobInput,
      annotations: readOnly,
      call: ({ job_id: id }, caller) =>
        withJob(id, caller, (job) =>
          isFinal(job.status) ? callResult(job, caller.form) : unfinished(job),
        ),
    }),
    jobTool({
      name: 'job_cancel',
      description: 'Cancels a job that is not finished; its work is lost.',
      input: cancelInput,
      annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
      call: async ({ job_id: id, reason = null }, { client }) => {
        const outcome = await client.jobs.cancel(id, reason);
        if (outcome.kind === 'unknown') return unknownJob(id, kept);
        const { state } = outcome;
        return state.status === 'Cancelled' ? statusResult(state) : alreadyOver(state);
      },
    }),
  ];
}

interface JobToolOptions<Input extends TObject> {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  readonly annotations: object;
  readonly call: (input: Static<Input>, caller: McpCaller) => Promise<CallOutcome | WaitForJob>;
}

function jobTool<Input extends TObject>(options: JobToolOptions<Input>): JobTool {
  const { name, description, input, annotations, call } = options;
  const validator = Compile(input);
  return {
    definition: { name, description, inputSchema: input, annotations },
    call: async (given, caller) => {
      if (validator.Check(given)) return call(given, caller);
      const faults = validator
        .Errors(given)
        .map(({ instancePath, message }) => `${instancePath.slice(1) || 'arguments'} ${message}`);
      return {
        kind: 'result',
        result: errorResult(`Invalid arguments for ${name}: ${faults.join('; ')}`),
      };
    },
  };
}

function unfinished(job: Job): CallOutcome {
  const text = `Job ${job.id} is ${job.status} and has no result yet; job_wait waits for it.`;
  return { kind: 'result', result: errorResult(text) };
}

function alreadyOver(job: JobState): CallOutcome {
  const text = `Job ${job.id} cannot be cancelled any more: it is ${job.status}.`;
  return { kind: 'result', result: errorResult(text) };
}

function unknownJob(id: string, kept: string): CallOutcome {
  return { kind: 'result', result: errorResult(`No job has the id ${id}. ${kept}`) };
}

const units = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3_600 },
  { name: 'minute', seconds: 60 },
] as const;

/** Uses the largest unit of which the time is a whole number. */
function keptSentence(seconds: number): string {
  if (seconds === 0) return 'Results are kept for ever.';
  const unit = units.find((candidate) => seconds % candidate.seconds === 0);
  const { name, seconds: unitSeconds } = unit ?? { name: 'second', seconds: 1 };
  const count = seconds / unitSeconds;
  return `Results are kept for ${count} ${name}${count === 1 ? '' : 's'}.`;
}
