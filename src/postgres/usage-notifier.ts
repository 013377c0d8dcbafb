import { randomBytes } from 'node:crypto';
import type { Usage, UsageChannel, UsageListener } from '../access/usage.ts';
import { isJsonObject, type Json } from '../lib/json.ts';
import type { Pool } from './pool.ts';

/** The channel of NOTIFY on which replicas tell each other what owners used. */
export const usageChannel = 'asya_usage';

/** PostgreSQL takes less than 8,000 bytes a notification. */
const maxPayload = 7_900;

/** Tells the other gateways on this database what owners used here, and hears it of them. */
export class PostgresUsageNotifier implements UsageChannel {
  readonly #pool: Pool;
  /** A process hears its own notifications, too. */
  readonly #self = randomBytes(9).toString('base64url');

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** One statement, however much there is to tell. @throws StoreUnavailable */
  async tell(usages: readonly Usage[]): Promise<void> {
    const payloads = encodeUsages(this.#self, usages);
    if (payloads.length === 0) return;
    await this.#pool.run(
      (sql) => sql`
        SELECT pg_notify(${usageChannel}, payload) FROM unnest(${payloads}::text[]) AS payload`,
    );
  }

  heard(payload: string, listener: UsageListener): void {
    const { from, usages } = decodeUsages(payload);
    if (from !== this.#self) listener(usages);
  }
}

/** Packs usages into as few payloads as fit. An owner that is too long for one is left out. */
export function encodeUsages(from: string, usages: readonly Usage[]): string[] {
  const payloads: string[] = [];
  let entries: string[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (entries.length > 0) payloads.push(`{"from":"${from}","used":[${entries.join(',')}]}`);
    entries = [];
    bytes = 0;
  };
  for (const { owner, calls, jobs } of usages) {
    const entry = JSON.stringify([owner, calls, jobs]);
    const size = Buffer.byteLength(entry) + 1;
    if (size > maxPayload - 64) continue;
    if (bytes + size > maxPayload - 64) flush();
    entries.push(entry);
    bytes += size;
  }
  flush();
  return payloads;
}

/** What is not understood, such as that of another release, says nothing. */
export function decodeUsages(payload: string): { from: string; usages: Usage[] } {
  let content: Json;
  try {
    content = JSON.parse(payload) as Json;
  } catch {
    content = null;
  }
  const { from, used }: Record<string, Json | undefined> = isJsonObject(content) ? content : {};
  const usages = (Array.isArray(used) ? used : []).flatMap((entry): Usage[] => {
    const [owner, calls, jobs] = Array.isArray(entry) ? entry : [];
    if (typeof owner !== 'string' || typeof calls !== 'number' || typeof jobs !== 'number')
      return [];
    return [{ owner, calls, jobs }];
  });
  return { from: typeof from === 'string' ? from : '', usages };
}
