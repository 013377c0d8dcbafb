import type { ApiJob, ApiUpdate } from '../../client/api.ts';
import type { GatewayClient } from '../../client/gateway-client.ts';
import { askAndAnswer } from './answering.ts';
import type { Detaching } from './detaching.ts';
import { ProgressView } from '../terminal/progress-view.ts';
import { canAsk } from '../terminal/terminal.ts';

export interface FollowOptions {
  readonly client: GatewayClient;
  readonly detaching: Detaching;
  /** Told of each update. Default: nobody is. */
  readonly onUpdate?: (update: ApiUpdate) => void;
}

/**
 * Follows a job to its end, shows its progress, and asks on the terminal what it asks.
 *
 * @returns the job as it ended; or as it asks, if nobody can be asked
 * @throws what aborted the detaching's signal
 */
export async function followJob(id: string, options: FollowOptions): Promise<ApiJob> {
  const { client, detaching, onUpdate } = options;
  const view = new ProgressView();
  try {
    for await (const update of client.updates(id)) {
      view.update(update);
      onUpdate?.(update);
      if (update.status !== 'InputRequired') continue;
      // The history tells of questions that were answered long ago, too.
      const job = await client.job(id);
      if (job.status !== 'InputRequired') continue;
      view.clear();
      if (!canAsk()) return job;
      await askAndAnswer(client, job, detaching);
    }
  } finally {
    view.clear();
  }
  view.summarise();
  return client.job(id);
}
