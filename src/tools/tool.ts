import type { JsonObject } from '../lib/json.ts';

/**
 * How `tools/call` answers a caller that cannot hold a task:
 * - hybrid: the result if it is there within `waitSeconds`, else the job handle
 * - handle: the job handle at once
 * - wait: the result, however long it takes
 */
export type ToolMode = 'hybrid' | 'handle' | 'wait';

/** What clients declare to answer with: a form for the user, their model, their directories. */
export const inputCapabilities = ['elicitation', 'sampling', 'roots'] as const;

export type InputCapability = (typeof inputCapabilities)[number];

/** The failures that can be tried again, by the reason that the job would have. */
export const retryable = ['ActorError', 'HeartbeatLost', 'Unroutable', 'PublishFailed'] as const;

/** How a job is tried again before it fails. */
export interface ToolRetry {
  /** Most attempts, the first one included. */
  readonly attempts: number;
  /** Seconds until the second attempt; the pause doubles with each one. */
  readonly delaySeconds: number;
  /** Longest pause between two attempts. */
  readonly maxDelaySeconds: number;
  readonly on: readonly (typeof retryable)[number][];
}

export type TaskSupport = 'optional' | 'required' | 'forbidden';

/** A tool as offered: checked, with defaults merged and its route resolved. */
export interface Tool {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
  /** JSON Schema of type object, of 2020-12 unless its `$schema` says otherwise. */
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | null;
  /** What a caller needs beside the right to call, such as `images`. */
  readonly scopes: readonly string[];
  /** MCP's tool annotations (`readOnlyHint` and the like). */
  readonly annotations: JsonObject | null;
  /** The steps a call visits, at least one. */
  readonly steps: readonly string[];
  /** Whether a call's handle offers the update stream. */
  readonly progress: boolean;
  /** From the call to its deadline; 0: no deadline. */
  readonly timeoutSeconds: number;
  readonly mode: ToolMode;
  /** Hybrid mode's patience. */
  readonly waitSeconds: number;
  /** Longest silence of an actor at work; 0: unlimited. */
  readonly heartbeatTimeoutSeconds: number;
  /**
   * How long a question of an actor may stay unanswered, while the deadline stands still; 0: the
   * deadline goes on, and nothing else limits the wait.
   */
  readonly inputTimeoutSeconds: number;
  readonly taskSupport: TaskSupport;
  /** Whether its actors ask before they work: a task begins once that is answered. */
  readonly asksFirst: boolean;
  /** How a job of this tool is tried again before it fails. Null: not at all. */
  readonly retry: ToolRetry | null;
  /** What a client must be able to answer, or a call makes no sense. */
  readonly clientCapabilities: readonly InputCapability[];
  /** Shown in the job handle and merged into the route's metadata; null: none. */
  readonly metadata: JsonObject | null;
  /** Fills in defaults and names every fault of a call's arguments. */
  readonly checkArguments: (given: unknown) => CheckedArguments;
}

export type CheckedArguments =
  | { readonly ok: true; readonly arguments: JsonObject }
  /** Each fault is a sentence that names the argument by its path, such as `size.w must be integer`. */
  | { readonly ok: false; readonly faults: readonly string[] };

/** The tools on offer, in a fixed order: that of their files. */
export interface ToolBox {
  list(): readonly Tool[];
  find(name: string): Tool | null;
}
