/** An owner has used up what it may. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
  /** For programs; none is ever renamed. */
  readonly code: 'rate_limited' | 'too_many_jobs' | 'too_many_streams';
  /** Seconds until another try is worth while. */
  readonly retryAfter: number;

  /** @param message names the limit, and says what to do */
  constructor(code: LimitReached['code'], message: string, retryAfter: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
