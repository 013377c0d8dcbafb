import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { dropDatabases } from './database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Names this run, so that runs at the same time share no database. */
    testRun: string;
  }
}

/** @returns what to do after the last test */
export default function setup(project: TestProject): () => Promise<void> {
  const testRun = randomBytes(4).toString('hex');
  project.provide('testRun', testRun);
  return () => dropDatabases(testRun).catch(unlessAway);
}

/** Tests of parts that need no database run without one, and left nothing in it. */
function unlessAway(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
}
