import type { YamlNode } from '../yaml/yaml-node.ts';

/** Reads a name that stands in owners and logs. */
export function readName(node: YamlNode): string | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  return isName(text)
    ? text
    : node.fault('must be 1 to 64 letters (A to Z), digits, or any of _ - .');
}

export function isName(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text);
}

/** Notes a name that must be used once; a fault if it was used before. */
export function claimOnce(node: YamlNode, word: string, taken: Map<string, string>): boolean {
  const first = taken.get(word);
  if (first === undefined) {
    taken.set(word, node.place);
    return true;
  }
  node.fault(`is already used at ${first}`);
  return false;
}
