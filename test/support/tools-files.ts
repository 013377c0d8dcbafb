import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolBox } from '../../src/tools/tool.ts';
import { loadTools, ToolsFileError } from '../../src/tools/tools-file.ts';

/** The contents of tools files by file name. */
type Files = Readonly<Record<string, string | Buffer>>;

/** Loads a directory of these files. */
export function loadFiles(files: Files): ToolBox {
  return inDirectory(files, loadTools);
}

/** The faults for which a file is refused, without its name: `line:column key: problem`. */
export function refusalOf(text: string): string[] {
  return refusalOfFiles({ 't.yaml': text }).map((fault) => fault.replaceAll('t.yaml:', ''));
}

/** The faults for which a directory of these files is refused, without the directory's name. */
export function refusalOfFiles(files: Files): string[] {
  return inDirectory(files, (directory) => {
    try {
      loadTools(directory);
    } catch (error) {
      if (!(error instanceof ToolsFileError)) throw error;
      return error.message.replaceAll(`${directory}/`, '').split('\n');
    }
    throw new Error('the files were taken');
  });
}

function inDirectory<T>(files: Files, use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'tools-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
