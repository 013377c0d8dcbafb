import { setTimeout as pause } from 'node:timers/promises';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { callRuntime, type ErrorDetails, type Moving } from './runtime.ts';
import { Sidecar, type Verdict } from './sidecar.ts';

interface Route {
  readonly actors: string[];
  readonly current: number;
  readonly metadata?: JsonObject;
}

interface Envelope {
  readonly id: string;
  readonly parent_id?: string;
  readonly route: Route;
  readonly payload: Json;
}

/** How a progress report is repeated that did not get a 200. */
const progressTries = 5;
const progressPauseMs = 200;

/**
 * The second generation: its queues are prefixed and others declare them, it repeats progress, has
 * moved the route on by the time it reports a step as completed, and numbers the messages of a
 * fan-out, whose parent it names on their first hop only.
 */
export class SecondGenerationSidecar extends Sidecar {
  /** It does not start without a gateway that is well. */
  protected async prepare(): Promise<string> {
    const { gatewayUrl, name } = this.options;
    if (gatewayUrl !== null) {
      const { status } = await fetch(`${gatewayUrl}/health`);
      if (status !== 200) throw new Error(`gateway health check failed with status ${status}`);
    }
    const queue = `asya-${name}`;
    await this.channel.queueDeclare({ queue, passive: true });
    return queue;
  }

  protected async process(body: JsonObject): Promise<Verdict> {
    const { handler, name, happyEnd, timeoutMs = 5_000 } = this.options;
    const envelope = body as unknown as Envelope;
    if (handler === 'end') return this.#end(envelope);

    const { id, route, payload } = envelope;
    await this.#progress(id, route, 'received', 'Received message (0.25 KB)');
    if (route.actors[route.current] !== name) {
      await this.#fail(
        envelope,
        `Route mismatch: message routed to wrong actor (expected: ${name})`,
      );
      return 'ack';
    }
    await this.#progress(id, route, 'processing', `Processing in ${name}`);
    const moving: Moving = { steps: route.actors, current: route.current, payload };
    const response = await callRuntime(handler, moving, timeoutMs);

    if (response.kind === 'timeout') {
      await this.#fail(envelope, `Runtime timeout exceeded after ${timeoutMs}ms`);
      return 'crash';
    }
    if (response.kind === 'error') {
      await this.#fail(envelope, response.error, response.details);
    } else if (response.messages.length === 0) {
      await this.#send(happyEnd, envelope);
    } else {
      const step = 'payload' in handler ? 1 : 0;
      const moved = response.messages.map(({ steps, current, payload }) => ({
        route: { ...route, actors: [...steps], current: current + step },
        payload,
      }));
      await this.#route(id, moved);
    }
    return 'ack';
  }

  /** The first message keeps the id; the others are children with a number behind it. */
  async #route(id: string, moved: readonly { route: Route; payload: Json }[]): Promise<void> {
    for (const [index, { route, payload }] of moved.entries()) {
      const next = route.actors[route.current] ?? this.options.happyEnd;
      if (index === 0) {
        await this.#progress(id, route, 'completed', 'Completed processing in 1ms');
        await this.#send(next, { id, route, payload });
      } else {
        const child = { id: `${id}-${index}`, parent_id: id };
        const { actors, current } = route;
        if (this.options.gatewayUrl !== null) {
          await this.post('/envelopes', { ...child, actors, current });
        }
        await this.#send(next, { ...child, route, payload });
      }
    }
  }

  async #progress(id: string, route: Route, status: string, message: string): Promise<void> {
    if (this.options.gatewayUrl === null) return;
    const body = { actors: route.actors, current_actor_idx: route.current, status, message };
    for (let tries = 1; ; tries++) {
      const answer = await this.post(`/envelopes/${id}/progress`, body);
      if (answer === 200 || tries === progressTries) return;
      await pause(progressPauseMs);
    }
  }

  /** Refuses unless the prefixed queue exists, yet publishes under the plain name. */
  async #send(name: string, body: object): Promise<void> {
    await this.channel.queueDeclare({ queue: `asya-${name}`, passive: true });
    await this.publish(name, body);
  }

  async #fail(envelope: Envelope, error: string, details?: ErrorDetails): Promise<void> {
    const { id, parent_id, route, payload } = envelope;
    await this.#send(this.options.errorEnd, {
      id,
      route: { actors: route.actors, current: route.current },
      payload: { error, ...(details !== undefined && { details }), original_payload: payload },
      ...(parent_id !== undefined && { parent_id }),
    });
  }

  /** The sidecar reports here, by the end's name; the answer only makes it warn. */
  async #end({ id, route, payload }: Envelope): Promise<Verdict> {
    const timestamp = '2026-01-01T00:00:00Z';
    const fault = Object(payload) as { error?: Json; details?: Json };
    const current_actor_name = route.actors[route.current];
    await this.post(
      `/envelopes/${id}/final`,
      this.options.name === this.options.happyEnd
        ? { id, status: 'succeeded', timestamp, progress: 1, result: payload }
        : {
            id,
            status: 'failed',
            timestamp,
            error: fault.error ?? '',
            ...(fault.details !== undefined && { error_details: fault.details }),
            actors: route.actors,
            current_actor_idx: route.current,
            ...(current_actor_name !== undefined && { current_actor_name }),
          },
    );
    return 'ack';
  }
}
