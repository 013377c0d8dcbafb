import { StoreUnavailable } from '../jobs/job-store.ts';
import { BrokerUnavailable } from '../jobs/publisher.ts';
import { Overloaded } from '../lib/batcher.ts';

/** Why the gateway cannot answer at the moment. The request may be made again a little later. */
export interface Outage {
  /** For programs; none is ever renamed. */
  readonly code: 'store_unavailable' | 'broker_unavailable' | 'overloaded' | 'gateway_closing';
  /** One sentence for humans. */
  readonly message: string;
  /** Seconds until another try is worth while. */
  readonly retryAfter: number;
}

/** The outage that an error of the core tells of; null: it tells of something else. */
export function outageOf(error: unknown): Outage | null {
  if (error instanceof StoreUnavailable) return storeUnavailable;
  if (error instanceof BrokerUnavailable) return brokerUnavailable;
  return error instanceof Overloaded ? overloaded : null;
}

const storeUnavailable: Outage = {
  code: 'store_unavailable',
  message: 'the job store cannot be reached at the moment',
  retryAfter: 1,
};

const brokerUnavailable: Outage = {
  code: 'broker_unavailable',
  message: 'the message broker cannot be reached at the moment',
  retryAfter: 1,
};

const overloaded: Outage = {
  code: 'overloaded',
  message: 'more requests are under way than the gateway can take',
  retryAfter: 1,
};

/** The gateway stops before a job that is waited for has an outcome. */
export const gatewayClosing: Outage = {
  code: 'gateway_closing',
  message: 'the gateway is stopping; the job goes on',
  retryAfter: 1,
};
