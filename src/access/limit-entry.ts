import type { YamlNode } from '../yaml/yaml-node.ts';
import { unlimited, type AccessRules, type OwnerLimits } from './access-rules.ts';

const limitFields = ['calls_per_second', 'burst', 'jobs_in_flight', 'streams'] as const;

/** Beyond what a gateway could do, so that a limit is never a way to say "no limit". */
const most = 1_000_000;

/** Reads `limits`: the default ones, and those of single owners, which replace them whole. */
export function readLimits(node: YamlNode | undefined): AccessRules['limits'] {
  const fields = node?.fields(['default', 'owners']);
  const ofAll = fields?.get('default');
  const ofOwners = fields?.get('owners');
  return {
    default: ofAll === undefined ? unlimited : readOwnerLimits(ofAll),
    owners: new Map(
      ofOwners?.entries().map(([owner, limits]) => {
        if (!/^[A-Za-z0-9_.-]{1,64}\|[^\p{Cc}]+$/u.test(owner)) {
          limits.fault('must be an owner: the name of an issuer, |, and who; or key| and a name');
        }
        return [owner, readOwnerLimits(limits)];
      }),
    ),
  };
}

function readOwnerLimits(node: YamlNode): OwnerLimits {
  const fields = node.fields(limitFields);
  const limit = (key: (typeof limitFields)[number]): number | null =>
    fields?.get(key)?.integer(1, most) ?? null;
  const callsPerSecond = limit('calls_per_second');
  const burst = limit('burst');
  if (burst !== null && callsPerSecond === null) {
    node.fault('has a burst, which is one of calls_per_second, and needs that as well');
  }
  return {
    rate: callsPerSecond === null ? null : { callsPerSecond, burst: burst ?? 2 * callsPerSecond },
    jobsInFlight: limit('jobs_in_flight'),
    streams: limit('streams'),
  };
}
