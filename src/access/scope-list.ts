import { suggestion, type YamlNode } from '../yaml/yaml-node.ts';
import { callScope, operateScope, readScope, type Scope } from './caller.ts';

const ownScopes = [readScope, callScope, operateScope];

/**
 * Reads a scope (RFC 6749, section 3.3). Those that begin with `asya:` are the gateway's own, so one
 * that it does not know is misspelt.
 */
function readScopeNode(node: YamlNode): Scope | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text)) {
    return node.fault('must be a scope: 1 to 128 printable characters other than space, " and \\');
  }
  if (text.startsWith('asya:') && !ownScopes.includes(text)) {
    return node.fault(`there is no scope ${text}; ${suggestion(text, ownScopes)}`);
  }
  return text;
}

/** Reads a list of scopes. */
export function readScopes(node: YamlNode): Scope[] {
  return node
    .items()
    .map(readScopeNode)
    .filter((scope) => scope !== undefined);
}
