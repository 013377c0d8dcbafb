import type { Job } from '../../jobs/job.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';

/**
 * The `errorDetails` of a job that was cancelled because its caller no longer wants the request
 * answered. Only the gateway writes them, so no text of a client passes for it.
 */
export const requestCancelled: JsonObject = { cancelled_by: 'notifications/cancelled' };

/** Was the job cancelled because its caller no longer wants the request answered? Any replica can tell. */
export function isRequestCancelled({ status, errorDetails }: Job): boolean {
  return (
    status === 'Cancelled' &&
    isJsonObject(errorDetails) &&
    errorDetails['cancelled_by'] === requestCancelled['cancelled_by']
  );
}
