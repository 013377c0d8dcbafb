import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { libraryUrl } from './own-library.ts';

/** Modules of this program. They are not imported anew, so that new actors use the running library. */
const ownCode = [new URL('../', import.meta.url).href, new URL('./', libraryUrl).href];

const parameter = 'asya-import';

/**
 * Imports a module as it is now, together with the modules of the project that it imports. Node.js never
 * forgets a module, so every import leaves the one before in memory. Use it in development only.
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

  /** The paths of all files that were imported so far. */
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

/** Node.js takes a URL with another query for another module. */
function markedUrl(url: string, count: string): string {
  const marked = new URL(url);
  marked.searchParams.set(parameter, count);
  return marked.href;
}
