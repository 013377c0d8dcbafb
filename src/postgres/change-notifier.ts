import type { ChangeListener, ChangeNotifier } from '../jobs/ports/job-store.ts';
import type { Connection } from './connection/connection.ts';
import type { Pool } from './pool.ts';
import { changeChannel, decodeChanges } from './notifications.ts';

/** What is done with what comes by other channels. */
type OtherChannels = Readonly<Record<string, (payload: string) => void>>;

/** Hears the changes of all gateways on this database, over a connection of its own. */
export class PostgresChangeNotifier implements ChangeNotifier {
  readonly #pool: Pool;
  readonly #onLoss: () => void;
  readonly #others: OtherChannels;
  #connection: Connection | null = null;

  /** @param onLoss called when the connection was lost: nothing is heard until `listen` is called again */
  constructor(pool: Pool, onLoss: () => void = () => {}, others: OtherChannels = {}) {
    this.#pool = pool;
    this.#onLoss = onLoss;
    this.#others = others;
  }

  /** Listens anew, over a new connection if there is one already. @throws StoreUnavailable */
  async listen(listener: ChangeListener): Promise<void> {
    await this.close();
    this.#connection = await this.#pool.listen([changeChannel, ...Object.keys(this.#others)], {
      onNotify: (payload, channel) => {
        const other = this.#others[channel];
        if (other !== undefined) return other(payload);
        for (const { jobId, seq } of decodeChanges(payload)) listener.changed(jobId, seq);
      },
      onLoss: this.#onLoss,
    });
    listener.missed();
  }

  async close(): Promise<void> {
    this.#connection?.close();
    this.#connection = null;
  }
}
