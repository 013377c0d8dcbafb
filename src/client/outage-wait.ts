import { backoffMs, pause } from '../lib/backoff.ts';
import { GatewayFault } from './gateway-fault.ts';

const backoff = { firstMs: 250, capMs: 5_000 };

export interface OutageOptions {
  /** Whether the gateway was ever there. A gateway that never was is more likely a wrong address. */
  readonly wasThere: () => boolean;
  /** Told of the first failure of an outage, and of its end. */
  readonly onOutage: (fault: GatewayFault | null) => void;
  /** After this time without success the last fault is thrown. In milliseconds. */
  readonly limitMs: number;
}

/**
 * Tries again while the gateway is away. The request has to be one that may be repeated.
 *
 * @throws GatewayFault, or the signal's reason
 */
export async function throughOutages<T>(
  attempt: () => Promise<T>,
  { wasThere, onOutage, limitMs }: OutageOptions,
  signal: AbortSignal,
): Promise<T> {
  const began = performance.now();
  for (let failures = 0; ; failures++) {
    try {
      const value = await attempt();
      if (failures > 0) onOutage(null);
      return value;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GatewayFault) || !error.isPassing) throw error;
      if (error.kind === 'unreachable' && !wasThere()) throw error;
      if (performance.now() - began > limitMs) throw error;
      if (failures === 0) onOutage(error);
      await pause(Math.max(backoffMs(failures + 1, backoff), error.retryAfterMs), signal);
      signal.throwIfAborted();
    }
  }
}
