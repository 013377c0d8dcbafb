import { fileURLToPath } from 'node:url';

/** What the fault tests have done, by `fault-actors.ts`. */
export const steps = ['double', 'increment', 'square'] as const;

export const actorsFile = fileURLToPath(new URL('fault-actors.ts', import.meta.url));

export function rightResult(n: number): number {
  return (n * 2 + 1) ** 2;
}

/** Of `watched`. Long, because a busy machine holds heartbeats up, too. */
export const heartbeatTimeoutSeconds = 15;

const parameters =
  '{ n: { type: integer, required: true }, ms: { type: integer, default: 20 }, ballast: { type: string }, held: { type: string }, gate: { type: string } }';
const route = `[${steps.join(', ')}]`;

/** `calculate` for loads; `hurried` has a short deadline; `watched` must give signs of life. */
export const toolsYaml = [
  'tools:',
  `  - { name: calculate, description: d, parameters: ${parameters}, progress: true, timeout: 600, route: ${route} }`,
  `  - { name: hurried, description: d, parameters: ${parameters}, timeout: 3, route: ${route} }`,
  `  - { name: watched, description: d, parameters: ${parameters}, heartbeat_timeout: ${heartbeatTimeoutSeconds}, timeout: 600, route: ${route} }`,
].join('\n');
