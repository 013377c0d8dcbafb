import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { libraryUrl } from './own-library.ts';

/** Ours, in source or built: actors that are loaded anew go on with the library that runs them. */
const ownCode = [new URL('../', import.meta.url).href, new URL('./', libraryUrl).href];

const parameter = 'asya-import';

/**
 * Imports a module as it is now, together with the modules of the project that it imports. Node keeps
 * every module it ever loaded, so each import leaves the one before in memory: for development only.
 */
export class FreshImport {
  readonly #files = new Set<string>();
  #count = 0;

  constructor() {
    registerHooks({
      resolve: (specifier, context, nextResolve) => {
        const resolved = nextResolve(specifier, context);
        const wanted = URL.parse(context.parentURL ?? '')?.searchParams.get(parameter) ?? null;
        if (wanted === null || !isOfProject(resolved.url)) return resolved;
        this.#files.add(fileURLToPath(resolved.url));
        return { ...resolved, url: markedUrl(resolved.url, wanted) };
      },
    });
  }

  /** What was imported so far, as paths of files. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  import(url: string): Promise<unknown> {
    this.#files.add(fileURLToPath(url));
    return import(markedUrl(url, String(++this.#count)));
  }
}

function isOfProject(url: string): boolean {
  return (
    url.startsWith('file:') &&
    !url.includes('/node_modules/') &&
    !ownCode.some((folder) => url.startsWith(folder))
  );
}

/** Node takes a module with another query for another module. */
function markedUrl(url: string, count: string): string {
  const marked = new URL(url);
  marked.searchParams.set(parameter, count);
  return marked.href;
}
