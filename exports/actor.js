// What `asya-gateway/actor` is: in a checkout its source, else what was built from it.
import { existsSync } from 'node:fs';

const source = new URL('../src/actor-library.ts', import.meta.url);
const built = new URL('../dist/src/actor-library.js', import.meta.url);
const library = await import((existsSync(source) ? source : built).href);

export const { actor, elicit, roots, run, sample } = library;
