/*
 * The actor library, as `import { actor, run } from 'asya-gateway/actor'`. Its values are named once
 * more in exports/actor.js.
 */
export { actor } from './actor/actor.ts';
export type { Actor, ActorOptions, Handler, Outcome } from './actor/actor.ts';
export { elicit, roots, sample } from './actor/ask.ts';
export type {
  Answers,
  Ask,
  Elicitation,
  ElicitationAnswer,
  Requests,
  RootsAnswer,
  RootsRequest,
  Sampling,
  SamplingAnswer,
} from './actor/ask.ts';
export type { ActorContext, ReportProgress } from './actor/context.ts';
export { run } from './cli/server/run.ts';
export type { RunOptions } from './cli/server/run.ts';
