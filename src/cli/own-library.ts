import { registerHooks } from 'node:module';

/** This file is `src/cli/own-library.ts`, or `dist/src/cli/own-library.js`. */
const packageRoot = import.meta.filename.endsWith('.js') ? '../../../' : '../../';

/** What `asya-gateway/actor` stands for. */
export const libraryUrl = new URL(`${packageRoot}exports/actor.js`, import.meta.url).href;

/**
 * Has `asya-gateway/actor` mean the library of this very program, wherever the module that imports it
 * lies: a file of actors needs no installed package to be run by the command.
 */
export function provideActorLibrary(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === 'asya-gateway/actor'
        ? { url: libraryUrl, format: 'module', shortCircuit: true }
        : nextResolve(specifier, context),
  });
}
