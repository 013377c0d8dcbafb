import { mergeRoutes } from './routes.ts';
import { YamlNode } from '../yaml/yaml-node.ts';
import { readSources } from '../yaml/source.ts';
import { readTool } from './tool-entry.ts';
import { builtInOptions, mergeDefaults, readOptions } from './tool-options.ts';
import { FilesUnusable } from '../yaml/watched-files.ts';
import type { Tool, ToolBox } from './tool.ts';

/**
 * The tools file cannot be used. The message holds every fault, one a line, each as
 * `file:line:column key.path: what is wrong and what would be right`.
 */
export class ToolsFileError extends FilesUnusable {
  override readonly name = 'ToolsFileError';
}

/**
 * Loads the tools on offer (contract, section 6). Files are merged first and checked after, so that
 * a route in one file serves tools in another.
 *
 * @param path a YAML file, or a directory whose `.yaml` and `.yml` are read in name order; null: no
 *   tools
 * @throws ToolsFileError
 */
export function loadTools(path: string | null): ToolBox {
  const faults: string[] = [];
  const sources = path === null ? [] : readSources(path, faults);
  // What an unreadable file defines is not known, so its absence elsewhere is no fault.
  refuse(faults);

  const files = sources.map((source) =>
    YamlNode.root(source, faults).fields(['defaults', 'routes', 'tools'], isExtension),
  );
  const section = (key: 'defaults' | 'routes' | 'tools'): YamlNode[] =>
    files.map((file) => file?.get(key)).filter((setting) => setting !== undefined);

  const defaults = readOptions(mergeDefaults(section('defaults')), builtInOptions);
  const routes = mergeRoutes(section('routes'));
  const entries = section('tools').flatMap((tools) => tools.items());
  const surroundings = { defaults, routes, taken: new Map<string, string>() };
  const tools = entries.map((entry) => readTool(entry, surroundings));
  refuse(faults);
  return toolBox(tools.filter((tool) => tool !== undefined));
}

/** Holds what aliases and merges use elsewhere, and is not read itself. */
function isExtension(key: string): boolean {
  return key.startsWith('x-');
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new ToolsFileError(faults.join('\n'));
}

function toolBox(tools: readonly Tool[]): ToolBox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return { list: () => tools, find: (name) => byName.get(name) ?? null };
}
