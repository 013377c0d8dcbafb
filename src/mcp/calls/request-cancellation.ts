import type { Job } from '../../jobs/job.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';

/**
 * The `errorDetails` of a job that was cancelled because its caller wants no reply to the request any
 * more. Only the gateway writes them, so no text that a client gives passes for it.
 */
export const requestCancelled: JsonObject = { cancelled_by: 'notifications/cancelled' };

/** Was the job cancelled because its caller wants no reply any more? Any replica can tell by the job. */
export function isRequestCancelled({ status, errorDetails }: Job): boolean {
  return (
    status === 'Cancelled' &&
    isJsonObject(errorDetails) &&
    errorDetails['cancelled_by'] === requestCancelled['cancelled_by']
  );
}
