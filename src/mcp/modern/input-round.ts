import type { InputAnswers } from '../../jobs/job-input.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';

/** What a request that is made again brings (MCP 2026-07-28, multi round-trip requests). */
export interface InputRound {
  /** The input answers. */
  readonly answers: InputAnswers;
  /** Null: the request was not asked for anything before, or its client keeps no state. */
  readonly state: string | null;
}

export type InputRoundOfRequest =
  | { readonly ok: true; readonly round: InputRound }
  | { readonly ok: false; readonly fault: string };

export function inputRoundOf(params: Partial<JsonObject>): InputRoundOfRequest {
  // Some serializers write null for what is absent.
  const answers = params['inputResponses'] ?? {};
  const state = params['requestState'] ?? null;
  if (!isInputAnswers(answers)) {
    return { ok: false, fault: 'params.inputResponses must be an object of objects' };
  }
  if (state !== null && typeof state !== 'string') {
    return { ok: false, fault: 'params.requestState must be a string' };
  }
  return { ok: true, round: { answers, state } };
}

export function isInputAnswers(value: unknown): value is InputAnswers {
  return isJsonObject(value) && Object.values(value).every(isJsonObject);
}
