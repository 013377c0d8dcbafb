import { registerHooks } from 'node:module';

/** This file is `src/cli/own-library.ts`, or `dist/src/cli/own-library.js`. */
const packageRoot = import.meta.filename.endsWith('.js') ? '../../../' : '../../';

/** The URL of the actor library, which actors import as `asya-gateway/actor`. */
export const libraryUrl = new URL(`${packageRoot}exports/actor.js`, import.meta.url).href;

/**
 * Resolves `asya-gateway/actor` to the library of this program, for every module that imports it. So the
 * command can run a file of actors without a package that is installed beside it.
 */
export function provideActorLibrary(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === 'asya-gateway/actor'
        ? { url: libraryUrl, format: 'module', shortCircuit: true }
        : nextResolve(specifier, context),
  });
}
