/** A call that cannot be made as it is asked for, whatever its tool is. Nothing was stored. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  /** For programs; none is ever renamed. */
  readonly code: 'invalid_idempotency_key' | 'idempotency_key_reused';

  private constructor(code: CallRefused['code'], message: string) {
    super(message);
    this.code = code;
  }

  static invalidKey(fault: string): CallRefused {
    return new CallRefused('invalid_idempotency_key', `the idempotency key ${fault}`);
  }

  /** @param jobId the job that the key stands for */
  static reusedKey(jobId: string): CallRefused {
    return new CallRefused(
      'idempotency_key_reused',
      `the idempotency key belongs to another call, which made the job ${jobId}; use a new key for new arguments`,
    );
  }
}
