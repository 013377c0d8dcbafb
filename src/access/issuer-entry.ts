import type { Fields, YamlNode } from '../yaml/yaml-node.ts';
import { isSafeUrl } from './safe-url.ts';
import { asymmetricAlgorithms, type Grant, type IssuerEntry } from './tokens.ts';
import { readScopes } from './scope-list.ts';
import { claimOnce, readName } from './words.ts';

const issuerFields = [
  'name',
  'issuer',
  'jwks_uri',
  'audiences',
  'algorithms',
  'typ',
  'owner',
  'scopes',
  'grants',
] as const;

type IssuerFields = Fields<(typeof issuerFields)[number]>;

/**
 * Reads `issuers`. Entries that are too faulty are left out.
 *
 * @param resource what tokens are for if an issuer names no audiences
 */
export function readIssuers(node: YamlNode, resource: string | null): IssuerEntry[] {
  const names = new Map<string, string>();
  const urls = new Map<string, string>();
  return node
    .items()
    .map((item) => readIssuer(item, resource, names, urls))
    .filter((entry) => entry !== undefined);
}

function readIssuer(
  item: YamlNode,
  resource: string | null,
  names: Map<string, string>,
  urls: Map<string, string>,
): IssuerEntry | undefined {
  const fields = item.fields(issuerFields);
  if (fields === undefined) return undefined;
  const nameNode = fields.get('name');
  const urlNode = fields.get('issuer');
  if (nameNode === undefined) item.fault('has no name');
  if (urlNode === undefined) item.fault('has no issuer, which is the "iss" of its tokens');
  const name = nameNode && readIssuerName(nameNode, names);
  const issuer = urlNode && readUrl(urlNode);
  if (urlNode !== undefined && issuer !== undefined) claimOnce(urlNode, issuer, urls);
  const jwksUri = fields.get('jwks_uri');
  const scopes = fields.get('scopes');
  const entry = {
    jwksUri: jwksUri === undefined ? null : (readUrl(jwksUri) ?? null),
    audiences: readTexts(fields, 'audiences') ?? (resource === null ? [] : [resource]),
    algorithms: readAlgorithms(fields) ?? asymmetricAlgorithms,
    type: fields.get('typ')?.text() ?? null,
    ownerClaim: fields.get('owner')?.text() ?? 'sub',
    scopes: scopes === undefined ? [] : readScopes(scopes),
    grants:
      fields
        .get('grants')
        ?.items()
        .map(readGrant)
        .filter((grant) => grant !== undefined) ?? [],
  };
  return name === undefined || issuer === undefined ? undefined : { name, issuer, ...entry };
}

/** Owners begin with it: `corp|alice`. Those of keys begin with `key`. */
function readIssuerName(node: YamlNode, taken: Map<string, string>): string | undefined {
  const name = readName(node);
  if (name === undefined || !claimOnce(node, name, taken)) return undefined;
  return name === 'key'
    ? node.fault('must not be "key", with which the owners of keys begin')
    : name;
}

function readUrl(node: YamlNode): string | undefined {
  const text = node.text();
  if (text === undefined || isSafeUrl(text)) return text;
  return node.fault('must be an https URL, or an http one of this machine, without a user');
}

function readTexts(fields: IssuerFields, key: 'audiences'): string[] | undefined {
  const node = fields.get(key);
  const texts = node?.items().map((item) => item.text());
  if (texts?.length === 0) node?.fault('must not be empty: then every token would be refused');
  return texts?.filter((text) => text !== undefined);
}

/** None that signs with a secret: whoever verifies such a token could make one as well. */
function readAlgorithms(fields: IssuerFields): string[] | undefined {
  return fields
    .get('algorithms')
    ?.items()
    .map((item) => item.oneOf(asymmetricAlgorithms))
    .filter((algorithm) => algorithm !== undefined);
}

function readGrant(item: YamlNode): Grant | undefined {
  const fields = item.fields(['claim', 'value', 'scopes']);
  if (fields === undefined) return undefined;
  const claim = fields.get('claim')?.text();
  const value = fields.get('value')?.text();
  const scopes = fields.get('scopes');
  if (claim === undefined || value === undefined || scopes === undefined) {
    return item.fault('needs a claim, a value and scopes');
  }
  return { claim, value, scopes: readScopes(scopes) };
}
