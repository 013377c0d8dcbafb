import type { YamlNode } from '../yaml/yaml-node.ts';
import { hashPattern, type KeyEntry } from './api-keys.ts';
import { readScopes } from './scope-list.ts';
import { claimOnce, readName } from './words.ts';

const keyFields = ['name', 'hash', 'owner', 'scopes', 'expires'] as const;

/** Reads `keys`. Entries that are too faulty are left out. */
export function readKeys(node: YamlNode): KeyEntry[] {
  const names = new Map<string, string>();
  const hashes = new Map<string, string>();
  return node
    .items()
    .map((item) => readKey(item, names, hashes))
    .filter((entry) => entry !== undefined);
}

/**
 * Reads the hashes of `actors.keys`. A key of a client is none, because whoever has one could end the
 * jobs of everybody.
 */
export function readActorKeys(node: YamlNode, clients: readonly KeyEntry[]): string[] {
  const keys = node.fields(['keys'])?.get('keys');
  if (keys === undefined) {
    node.fault('has no keys');
    return [];
  }
  const hashes = keys.items().map((item) => {
    const hash = readHash(item);
    const client = clients.find((entry) => entry.hash === hash);
    return client === undefined
      ? hash
      : item.fault(`is the key ${client.name} of a client; actors need keys of their own`);
  });
  return hashes.filter((hash) => hash !== undefined);
}

function readKey(
  item: YamlNode,
  names: Map<string, string>,
  hashes: Map<string, string>,
): KeyEntry | undefined {
  const fields = item.fields(keyFields);
  if (fields === undefined) return undefined;
  const nameNode = fields.get('name');
  const hashNode = fields.get('hash');
  const scopesNode = fields.get('scopes');
  if (nameNode === undefined) item.fault('has no name');
  if (hashNode === undefined) item.fault('has no hash; asya-gateway key NAME makes one');
  if (scopesNode === undefined) item.fault('has no scopes, such as [asya:call]');
  const name = nameNode && readName(nameNode);
  const hash = hashNode && readHash(hashNode);
  const ownerNode = fields.get('owner');
  const owner = ownerNode === undefined ? name : readName(ownerNode);
  const scopes = scopesNode === undefined ? [] : readScopes(scopesNode);
  const expires = fields.get('expires');
  const expiresAt = expires === undefined ? null : readExpiry(expires);
  if (nameNode !== undefined && name !== undefined) claimOnce(nameNode, name, names);
  if (hashNode !== undefined && hash !== undefined) claimOnce(hashNode, hash, hashes);
  if (name === undefined || hash === undefined || owner === undefined || expiresAt === undefined) {
    return undefined;
  }
  return { name, hash, owner, scopes, expiresAt };
}

function readHash(node: YamlNode): string | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  // A key that stands here in clear is not repeated, because faults are logged.
  return hashPattern.test(text)
    ? text
    : node.fault('must be sha256: and 64 hexadecimal digits, as asya-gateway key NAME prints it');
}

const dateFormat = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A date is its beginning in UTC. */
function readExpiry(node: YamlNode): number | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  const at = dateFormat.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at)
    ? node.fault('must be a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z')
    : at;
}
