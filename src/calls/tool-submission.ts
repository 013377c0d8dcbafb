import { isDeepStrictEqual } from 'node:util';
import type { Submission } from '../jobs/submission.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { hasUnstorable, makeStorable, storableText } from '../lib/storable.ts';
import type { CheckedArguments, Tool } from '../tools/tool.ts';

/** Checks the arguments of a call. Null and undefined mean none. */
export function checkedPayload(tool: Tool, given: unknown): CheckedArguments {
  const checked = tool.checkArguments(given ?? {});
  if (!checked.ok) return checked;
  const faults = storageFaults(checked.arguments);
  return faults.length > 0 ? { ok: false, faults } : checked;
}

/** The job that a call of a tool makes. */
export function submissionOf(
  tool: Tool,
  payload: Json,
  headers: Readonly<Record<string, string>>,
): Submission {
  return {
    tool: tool.name,
    steps: tool.steps,
    payload,
    metadata: tool.metadata,
    headers,
    timeoutSeconds: tool.timeoutSeconds,
    heartbeatTimeoutSeconds: tool.heartbeatTimeoutSeconds,
    inputTimeoutSeconds: tool.inputTimeoutSeconds,
    retry: tool.retry,
  };
}

/** Arguments are kept with the job as they are, or the call is refused. */
function storageFaults(given: JsonObject): string[] {
  if (!hasUnstorable(JSON.stringify(given))) return [];
  return Object.entries(given)
    .filter(
      ([name, value]) => !isDeepStrictEqual(makeStorable({ [name]: value }), { [name]: value }),
    )
    .map(([name]) => `${storableText(name)} must not hold U+0000 or half a surrogate pair`);
}
