import type { ChangeListener, ChangeNotifier } from '../jobs/job-store.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import { connect, type Sql } from './connection.ts';
import { changeChannel, decodeChanges } from './notifications.ts';
import { explained } from './outage.ts';

const timeLimitMs = 8_000;

/**
 * Hears the changes of all gateways on this database, over a connection of its own that comes back
 * by itself when it breaks.
 */
export class PostgresChangeNotifier implements ChangeNotifier {
  readonly #url: string;
  #sql: Sql | null = null;

  constructor({ url }: { readonly url: string }) {
    this.#url = url;
  }

  /** Listens anew, over a new connection if there is one already. @throws StoreUnavailable */
  async listen(listener: ChangeListener): Promise<void> {
    void this.#sql?.end({ timeout: 0 });
    const sql = connect({ url: this.#url, maxConnections: 1 });
    this.#sql = sql;
    const tell = (payload: string): void => {
      for (const { jobId, seq } of decodeChanges(payload)) listener.changed(jobId, seq);
    };
    try {
      await withTimeLimit(
        sql.listen(changeChannel, tell, () => listener.missed()),
        timeLimitMs,
      );
    } catch (error) {
      throw explained(error);
    }
  }

  async close(): Promise<void> {
    await this.#sql?.end({ timeout: 1 });
  }
}
