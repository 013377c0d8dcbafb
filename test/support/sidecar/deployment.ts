import { Connection } from 'rabbitmq-client';
import type { Json } from '../../../src/lib/json.ts';
import type { ScratchBroker } from '../scratch-broker.ts';
import { FirstGenerationSidecar } from './first-generation.ts';
import type { Handler } from './runtime.ts';
import { SecondGenerationSidecar } from './second-generation.ts';
import type { Call, Sidecar, SidecarOptions } from './sidecar.ts';

export type Generation = 'first' | 'second';

/** Only the handler that never returns waits for it: the others have returned when it begins. */
const timeoutMs = 500;

const handlers = {
  upper: { payload: (payload) => ({ ...Object(payload), text: textOf(payload).toUpperCase() }) },
  count: { payload: (payload) => ({ ...Object(payload), length: textOf(payload).length }) },
  split: {
    payload: (payload) =>
      textOf(payload)
        .split(' ')
        .map((text) => ({ text })),
  },
  skip: { payload: () => null },
  broken: {
    payload: (payload) => {
      throw new TypeError(`cannot read ${textOf(payload)}`);
    },
  },
  slow: { payload: () => new Promise<Json>(() => {}) },
} satisfies Record<string, Handler>;

function textOf(payload: Json): string {
  const { text = '' } = Object(payload) as { text?: string };
  return text;
}

export interface DeploymentOptions {
  readonly generation: Generation;
  readonly broker: ScratchBroker;
  /** Goes before every name. */
  readonly prefix: string;
  /** Null: sidecars tell the gateway nothing, and there are no end actors. */
  readonly gatewayUrl: string | null;
}

/** Actors of one generation, one for each handler, and its end actors if they can report. */
export class Deployment {
  readonly happyEnd: string;
  readonly errorEnd: string;
  readonly #options: DeploymentOptions;
  readonly #connection: Connection;
  readonly #sidecars = new Map<string, Sidecar>();

  constructor(options: DeploymentOptions) {
    const { broker } = options;
    this.#options = options;
    this.#connection = new Connection(broker.url);
    this.happyEnd = this.step('happy-end');
    this.errorEnd = this.step('error-end');
  }

  step(name: string): string {
    return this.#options.broker.step(`${this.#options.prefix}-${name}`);
  }

  async start(): Promise<void> {
    const { gatewayUrl } = this.#options;
    const ends = gatewayUrl === null ? [] : [this.happyEnd, this.errorEnd];
    for (const end of ends) await this.#run(end, 'end');
    for (const [name, handler] of Object.entries(handlers))
      await this.#run(this.step(name), handler);
    // Only the second generation lets a handler change the route.
    if (this.#options.generation === 'second') await this.#run(this.step('extend'), this.#extend());
  }

  /** What the sidecar of a step, or an end actor, has told the gateway about a job. */
  callsOf(name: string, jobId: string): readonly Call[] {
    const calls = this.#sidecars.get(name)?.calls ?? [];
    return calls.filter(({ request, body }) =>
      `${request} ${JSON.stringify(body)}`.includes(jobId),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sidecars.values()].map((sidecar) => sidecar.stop()));
    await this.#connection.close();
  }

  /** Puts a step behind its own. */
  #extend(): Handler {
    const added = this.step('upper');
    return {
      envelope: ({ steps, current, payload }) => ({
        steps: steps.toSpliced(current + 1, 0, added),
        current: current + 1,
        payload,
      }),
    };
  }

  async #run(name: string, handler: SidecarOptions['handler']): Promise<void> {
    const { generation, broker, gatewayUrl } = this.#options;
    const { happyEnd, errorEnd } = this;
    const options: SidecarOptions = {
      connection: this.#connection,
      exchange: broker.exchange,
      name,
      handler,
      happyEnd,
      errorEnd,
      gatewayUrl,
      timeoutMs,
    };
    if (generation === 'second') await broker.prefixedQueue(name);
    else await broker.declareExchange();
    const sidecar =
      generation === 'first'
        ? new FirstGenerationSidecar(options)
        : new SecondGenerationSidecar(options);
    await sidecar.start();
    this.#sidecars.set(name, sidecar);
  }
}
