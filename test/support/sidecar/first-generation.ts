import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { callRuntime, type ErrorDetails, type Moving } from './runtime.ts';
import { Sidecar, type Verdict } from './sidecar.ts';

interface Message {
  readonly job_id: string;
  readonly route: { steps: string[]; current: number; metadata?: JsonObject };
  readonly payload: Json;
}

/**
 * The first generation: declares and binds every queue it touches, says everything once whatever the
 * answer, moves the route on by itself, and gives all messages of a fan-out the same id.
 */
export class FirstGenerationSidecar extends Sidecar {
  protected async prepare(): Promise<string> {
    await this.#declare(this.options.name);
    return this.options.name;
  }

  protected async process(body: JsonObject): Promise<Verdict> {
    const { handler, name, happyEnd, timeoutMs = 5_000 } = this.options;
    if (handler === 'end') return this.#end(body);

    const message = body as unknown as Message;
    const { steps, current } = message.route;
    await this.#progress(message, 'received', 'Received message (0.25 KB)');
    await this.#progress(message, 'processing', `Processing in ${name}`);
    const moving: Moving = { steps, current, payload: message.payload };
    const response = await callRuntime(handler, moving, timeoutMs);

    if (response.kind === 'timeout') {
      await this.#fail(body, 'failed to read response from runtime: i/o timeout');
    } else if (response.kind === 'error') {
      await this.#fail(body, response.error, response.details);
    } else if (response.messages.length === 0) {
      await this.#send(happyEnd, message);
    } else {
      await this.#progress(message, 'completed', 'Completed processing in 1ms');
      for (const { payload } of response.messages) {
        const route = { ...message.route, current: current + 1 };
        await this.#send(steps[current + 1] ?? happyEnd, { ...message, route, payload });
      }
    }
    return 'ack';
  }

  async #progress({ job_id, route }: Message, status: string, message: string): Promise<void> {
    if (this.options.gatewayUrl === null) return;
    await this.post(`/jobs/${job_id}/progress`, {
      step: route.steps[route.current] ?? '',
      step_index: route.current,
      total_steps: route.steps.length,
      status,
      actor_name: this.options.name,
      message,
    });
  }

  async #send(queue: string, { job_id, payload, route }: Message): Promise<void> {
    await this.#declare(queue);
    await this.publish(queue, { job_id, payload, route });
  }

  async #fail(body: JsonObject, error: string, details?: ErrorDetails): Promise<void> {
    const { errorEnd } = this.options;
    await this.#declare(errorEnd);
    await this.publish(errorEnd, {
      job_id: body['job_id'] ?? '',
      error,
      original_message: JSON.stringify(body),
      ...(details !== undefined && { error_details: details }),
    });
  }

  /** Queues have no arguments: one that was declared with any ends the sidecar's channel. */
  async #declare(queue: string): Promise<void> {
    await this.channel.queueDeclare({ queue, durable: true });
    await this.channel.queueBind({ queue, routingKey: queue, exchange: this.options.exchange });
  }

  /** The end actor's handler reports, and drops the details of an error. */
  async #end(body: JsonObject): Promise<Verdict> {
    const failed = this.options.name === this.options.errorEnd;
    const { job_id: jobId } = body as unknown as Message;
    await this.post(`/jobs/${jobId}/final`, {
      job_id: jobId,
      status: failed ? 'failed' : 'succeeded',
      progress: failed ? null : 1,
      metadata: {},
      timestamp: '2026-01-01T00:00:00.000000+00:00',
      ...(failed ? { error: body['error'] ?? null } : { result: body['payload'] ?? null }),
    });
    return 'ack';
  }
}
