import type { Json, JsonObject } from '../lib/json.ts';

/*
 * What the command line reads of the gateway's responses (docs/http-api.md). Members that a newer gateway
 * adds are passed on, and members that are not named here are never needed.
 */

export type ApiStatus =
  'Pending' | 'Running' | 'InputRequired' | 'Succeeded' | 'Failed' | 'Cancelled';

/** A job, as `GET /jobs/{id}` shows it. */
export interface ApiJob {
  readonly id: string;
  readonly tool: string | null;
  readonly status: ApiStatus;
  readonly reason?: string;
  readonly input_requests?: Readonly<Record<string, ApiQuestion>>;
  readonly result: Json;
  readonly error: string | null;
  readonly message: string | null;
  readonly current_step: string | null;
  readonly progress_percent: number;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** What a job asks for: a request of MCP. */
export interface ApiQuestion {
  readonly method: string;
  readonly params: JsonObject;
}

/** An entry of a job's history, as `GET /jobs/{id}/stream` sends it. */
export interface ApiUpdate {
  readonly seq: number;
  readonly status: ApiStatus;
  readonly message?: string;
  readonly step?: string;
  readonly step_status?: string;
  readonly progress_percent?: number;
  readonly timestamp: string;
}

/** A tool, as `GET /tools` lists it. */
export interface ApiTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly steps: readonly string[];
  readonly timeout_seconds: number;
  readonly mode: string;
}

/** Whether a job of this status never changes again. */
export function isOver(status: ApiStatus): boolean {
  return status === 'Succeeded' || status === 'Failed' || status === 'Cancelled';
}
