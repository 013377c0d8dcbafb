import { StoreUnavailable, type JobStore } from '../../src/jobs/ports/job-store.ts';

/** A store that goes away and comes back at a test's word; away, every call throws StoreUnavailable. */
export interface OutageStore {
  readonly store: JobStore;
  away: boolean;
}

export function withOutages(inner: JobStore): OutageStore {
  const outage: OutageStore = {
    away: false,
    store: new Proxy(inner, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          if (outage.away) throw new StoreUnavailable('the test says so');
          return Reflect.apply(member, target, args);
        };
      },
    }),
  };
  return outage;
}
