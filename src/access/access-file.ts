import { readSources } from '../yaml/source.ts';
import { FilesUnusable } from '../yaml/watched-files.ts';
import { YamlNode } from '../yaml/yaml-node.ts';
import type { AccessRules } from './access-rules.ts';
import { readIssuers } from './issuer-entry.ts';
import { readActorKeys, readKeys } from './key-entry.ts';
import { readLimits } from './limit-entry.ts';
import { isSafeUrl } from './safe-url.ts';

/**
 * The access file cannot be used. The message holds every fault, one a line, each as
 * `file:line:column key.path: what is wrong and what would be right`.
 */
export class AccessFileError extends FilesUnusable {
  override readonly name = 'AccessFileError';
}

/**
 * Reads who may call, and how much (docs/access.md).
 *
 * @param path a YAML file
 * @throws AccessFileError
 */
export function loadAccessFile(path: string): AccessRules {
  const faults: string[] = [];
  const [source, ...more] = readSources(path, faults);
  if (more.length > 0) faults.push(`${path}: must be one file, but is a directory of several`);
  if (source === undefined) faults.push(`${path}: has no file of YAML`);
  if (source === undefined || faults.length > 0) throw errorOf(faults);
  const root = YamlNode.root(source, faults);
  const rules = readRules(root);
  if (faults.length > 0 || rules === undefined) throw errorOf(faults);
  return rules;
}

function readRules(root: YamlNode): AccessRules | undefined {
  const fields = root.fields(['resource', 'issuers', 'keys', 'actors', 'limits'], isExtension);
  if (fields === undefined) return undefined;
  const resourceNode = fields.get('resource');
  const resource = (resourceNode && readResource(resourceNode)) ?? null;
  const issuersNode = fields.get('issuers');
  const issuers = issuersNode === undefined ? [] : readIssuers(issuersNode, resource);
  const keysNode = fields.get('keys');
  const keys = keysNode === undefined ? [] : readKeys(keysNode);
  if (issuersNode === undefined && keysNode === undefined) {
    root.fault('has neither keys nor issuers, so that nobody could call');
  }
  if (issuersNode !== undefined && resourceNode === undefined) {
    root.fault('has issuers, and needs the "resource" that their tokens are for: the URL of /mcp');
  }
  const actors = fields.get('actors');
  const limits = fields.get('limits');
  return {
    resource,
    issuers,
    keys,
    actorKeys: actors === undefined ? [] : readActorKeys(actors, keys),
    limits: readLimits(limits),
  };
}

/** What tokens are for (RFC 8707, section 2): compared as it is written. */
function readResource(node: YamlNode): string | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  if (!isSafeUrl(text)) {
    return node.fault('must be an https URL, or an http one of this machine, without a user');
  }
  if (/[?#]/.test(text)) return node.fault('must be a URL without ? and #');
  return text;
}

/** Holds what aliases and merges use elsewhere, and is not read itself. */
function isExtension(key: string): boolean {
  return key.startsWith('x-');
}

function errorOf(faults: readonly string[]): AccessFileError {
  return new AccessFileError(faults.join('\n'));
}
