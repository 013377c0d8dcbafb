import { newKey } from '../../access/api-keys.ts';
import { isName } from '../../access/words.ts';
import { UsageError } from '../usage-error.ts';

/**
 * A new API key and what to do with it, for a person.
 *
 * @throws UsageError
 */
export function newKeyText(name: string): string {
  if (!isName(name)) {
    throw new UsageError('the NAME of a key is 1 to 64 letters (A to Z), digits, or any of _ - .');
  }
  const { key, hash } = newKey();
  return `The key, which is shown only now and is kept nowhere:

  ${key}

Its line in the access file (ASYA_ACCESS_PATH), below "keys:":

  - { name: ${JSON.stringify(name)}, hash: '${hash}', scopes: [asya:call] }

Who has the key sends it with each request, as "Authorization: Bearer asya_…".
`;
}
