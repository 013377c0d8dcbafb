import { createHash } from 'node:crypto';
import type { Json } from '../lib/json.ts';
import type { Path } from '../schema/path.ts';
import { readFiles } from './files.ts';
import { parseYaml } from './yaml.ts';

/** One file as read: what it holds, and where in it each part stands. */
export interface Source {
  /** An empty file holds an empty mapping. */
  readonly content: Json;
  /** `file:line:column` of an entry's key, or of a list's item; counted from 1. */
  place(path: Path): string;
}

/**
 * Reads a YAML file, or those in a directory. Files that cannot be read or parsed are left out, and
 * each of their faults is added to `faults`.
 */
export function readSources(path: string, faults: string[]): Source[] {
  return readFiles(path).flatMap((file) => {
    if (file.fault !== undefined) {
      faults.push(file.fault);
      return [];
    }
    const text = textOf(file.bytes);
    if (text === null) {
      faults.push(`${file.path}: cannot be read: it is not UTF-8; save it in that encoding`);
      return [];
    }
    const { content, problems, place } = parseYaml(text);
    for (const { at, message } of problems) faults.push(`${file.path}:${at}: ${message}`);
    if (problems.length > 0) return [];
    return [{ content, place: (path: Path) => `${file.path}:${place(path)}` }];
  });
}

/** Null: not UTF-8, in which lossy decoding would put other characters. */
function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Differs when `readSources` would read something else. By contents, because file systems tell times
 * only to some milliseconds, and mounted configuration is swapped by links.
 */
export function fingerprint(path: string | null): string {
  const hash = createHash('sha256');
  for (const { path: file, bytes, fault } of path === null ? [] : readFiles(path)) {
    // What cannot be read is part of it: that is a change as well.
    hash.update(JSON.stringify([file, bytes?.length, fault]));
    if (bytes !== undefined) hash.update(bytes);
  }
  return hash.digest('base64');
}
