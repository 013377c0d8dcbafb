import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file; its contents, or why they cannot be read. */
export type ReadFile = { readonly path: string } & (
  | { readonly bytes: Buffer; readonly fault?: never }
  | { readonly bytes?: never; readonly fault: string }
);

/**
 * The file at this path, or every `.yaml` and `.yml` in the directory at this path (not below it), in
 * name order. Hidden files are passed over, because editors and systems leave them there (`.#tools.yaml`,
 * `._tools.yaml`), and Kubernetes its `..data`. So is what only has such a name and is no file.
 */
export function readFiles(path: string): ReadFile[] {
  try {
    const kind = statSync(path);
    if (kind.isDirectory()) return namesIn(path).map((name) => readOne(join(path, name)));
    // To open a pipe waits for its writer, and it could be read once only.
    if (!kind.isFile()) return [unreadable(path, 'it is neither a file nor a directory')];
    return [readOne(path)];
  } catch (error) {
    return [unreadable(path, error)];
  }
}

function namesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^[^.].*\.ya?ml$/.test(name) && mayBeFile(join(directory, name)))
    .toSorted();
}

/** Also a link that leads nowhere: whoever made it will miss what it holds. */
function mayBeFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return true;
  }
}

function readOne(path: string): ReadFile {
  try {
    return { path, bytes: readFileSync(path) };
  } catch (error) {
    return unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ReadFile {
  const why = error instanceof Error ? error.message : String(error);
  return { path, fault: `${path}: cannot be read: ${why}` };
}
