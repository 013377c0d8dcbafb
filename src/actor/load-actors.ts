import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Actor } from './actor.ts';

/** A file of actors cannot be used. The message names the file and its fault. */
export class ActorsFileError extends Error {
  override readonly name = 'ActorsFileError';
}

/**
 * Imports a file of actors. It is a TypeScript or JavaScript module whose default export is an actor or
 * an array of actors: `export default [actor('resize', …), …]`.
 *
 * @param path relative to the working directory
 * @param load imports a module by its URL
 * @throws ActorsFileError
 */
export async function loadActors(
  path: string,
  load: (url: string) => Promise<unknown> = (url) => import(url),
): Promise<readonly Actor[]> {
  const file = resolve(path);
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile())
    throw new ActorsFileError(`${path}: there is no such file`);

  const exported = await importDefault(() => load(pathToFileURL(file).href), path);
  if (exported === undefined) {
    throw new ActorsFileError(`${path}: no default export; write \`export default [actor(…), …]\``);
  }
  const items: unknown[] = Array.isArray(exported) ? exported : [exported];
  if (items.length === 0) {
    throw new ActorsFileError(`${path}: the default export must hold at least one actor`);
  }
  const actors = items.map((item, i) => {
    if (isActor(item)) return item;
    throw new ActorsFileError(
      `${path}: item ${i} is not an actor; make it with actor(step, handler)`,
    );
  });
  const steps = new Set<string>();
  for (const { step } of actors) {
    if (steps.has(step)) throw new ActorsFileError(`${path}: two actors for step "${step}"`);
    steps.add(step);
  }
  return actors;
}

async function importDefault(load: () => Promise<unknown>, path: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = Object(await load());
    return module.default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ActorsFileError(`${path}: cannot be loaded: ${reason}`, { cause });
  }
}

/** Looks at the shape of the item, because the file may have imported another copy of this library. */
function isActor(item: unknown): item is Actor {
  const { step, concurrency, heartbeatMs, retries, retryDelayMs, handle }: Partial<Actor> =
    Object(item);
  return (
    typeof step === 'string' &&
    typeof concurrency === 'number' &&
    typeof heartbeatMs === 'number' &&
    typeof retries === 'number' &&
    typeof retryDelayMs === 'number' &&
    typeof handle === 'function'
  );
}
