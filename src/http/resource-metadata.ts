import type { Access } from '../access/access.ts';
import { resourceMetadata } from '../access/resource.ts';
import { Problem } from './problem.ts';
import { route } from './route.ts';

/** Tells clients where they get tokens for the gateway (RFC 9728). */
export function protectedResource(access: (() => Access) | null) {
  return route({
    schema: {},
    handler: async () => {
      const metadata = access === null ? null : resourceMetadata(access().rules);
      if (metadata === null) {
        throw new Problem(404, 'path_not_found', 'the gateway takes no access tokens');
      }
      return metadata;
    },
  });
}
