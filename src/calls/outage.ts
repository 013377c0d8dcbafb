import { KeysUnavailable } from '../access/key-set.ts';
import { LimitReached } from '../access/limit-reached.ts';
import { StoreUnavailable } from '../jobs/ports/job-store.ts';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import { Overloaded } from '../lib/batcher.ts';

/** Why the gateway does not answer at the moment. The request may be made again a little later. */
export interface Outage {
  /** 503: the gateway cannot. 429: the caller has used up what it may. */
  readonly status: 503 | 429;
  /** For programs; none is ever renamed. */
  readonly code:
    | 'store_unavailable'
    | 'broker_unavailable'
    | 'issuer_unavailable'
    | 'overloaded'
    | 'gateway_closing'
    | LimitReached['code'];
  /** One sentence for humans. */
  readonly message: string;
  /** Seconds until another try is worth while. */
  readonly retryAfter: number;
}

/** The outage that an error of the core tells of; null: it tells of something else. */
export function outageOf(error: unknown): Outage | null {
  if (error instanceof StoreUnavailable) return storeUnavailable;
  if (error instanceof BrokerUnavailable) return brokerUnavailable;
  if (error instanceof KeysUnavailable) return issuerUnavailable;
  if (error instanceof LimitReached) {
    const { code, message, retryAfter } = error;
    return { status: 429, code, message, retryAfter };
  }
  return error instanceof Overloaded ? overloaded : null;
}

const issuerUnavailable: Outage = {
  status: 503,
  code: 'issuer_unavailable',
  message: 'the issuer of the access token cannot be asked for its keys at the moment',
  retryAfter: 5,
};

const storeUnavailable: Outage = {
  status: 503,
  code: 'store_unavailable',
  message: 'the job store cannot be reached at the moment',
  retryAfter: 1,
};

const brokerUnavailable: Outage = {
  status: 503,
  code: 'broker_unavailable',
  message: 'the message broker cannot be reached at the moment',
  retryAfter: 1,
};

const overloaded: Outage = {
  status: 503,
  code: 'overloaded',
  message: 'more requests are under way than the gateway can take',
  retryAfter: 1,
};

/** The gateway stops before a job that is waited for has an outcome. */
export const gatewayClosing: Outage = {
  status: 503,
  code: 'gateway_closing',
  message: 'the gateway is stopping; the job goes on',
  retryAfter: 1,
};
