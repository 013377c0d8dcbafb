import type { Log } from '../lib/log.ts';
import { WatchedFiles } from '../yaml/watched-files.ts';
import type { ToolBox } from './tool.ts';
import { loadTools } from './tools-file.ts';

interface ToolSourceOptions {
  /** As for `loadTools`. */
  readonly path: string | null;
  readonly log: Log;
  /** As for `WatchedFiles`. */
  readonly pollMs?: number;
}

/** The tools on offer, loaded anew when their files change. */
export class ToolSource extends WatchedFiles<ToolBox> {
  /** @throws ToolsFileError if the files cannot be used */
  constructor({ path, log, pollMs }: ToolSourceOptions) {
    super({ path, log, pollMs, noun: 'tools', load: () => loadTools(path) });
    this.onChange(() => {
      log.info({ tools: this.current().list().length }, 'tools loaded anew');
    });
  }
}
