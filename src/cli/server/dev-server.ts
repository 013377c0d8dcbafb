import type { Logger } from 'pino';
import type { AccessSource } from '../../access/access-source.ts';
import type { Actor } from '../../actor/actor.ts';
import { ActorsFileError, loadActors } from '../../actor/load-actors.ts';
import { runActors, type RunningActors } from '../../actor/run-actors.ts';
import type { Config } from '../../config.ts';
import { createGateway, type Gateway } from '../../gateway.ts';
import { localUrl } from '../../http/server/listening.ts';
import type { Service } from '../../lib/service.ts';
import { ToolSource } from '../../tools/tool-source.ts';
import { FileWatcher } from './file-watcher.ts';
import { FreshImport } from '../fresh-import.ts';

export interface DevServerOptions {
  readonly config: Config;
  readonly access: AccessSource | null;
  /** A module of actors; null: none. */
  readonly actorsFile: string | null;
  readonly version: string;
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
  /** Shows a line to the developer. */
  readonly say: (line: string) => void;
}

/** A gateway and actors in one process, which are reloaded when their files change. */
export class DevServer implements Service {
  readonly #options: DevServerOptions;
  readonly #gateway: Gateway;
  readonly #imports = new FreshImport();
  readonly #tools: ToolSource;
  readonly #watcher: FileWatcher;
  #actors: readonly Actor[] = [];
  #running: RunningActors | null = null;
  /** Reloads run one after another, in the order of the changes. */
  #reloading: Promise<void> = Promise.resolve();
  readonly #leaving = new Set<Promise<void>>();

  /** @throws ToolsFileError */
  constructor(options: DevServerOptions) {
    const { config, access, version, log, onFatal } = options;
    this.#options = options;
    this.#tools = new ToolSource({ path: config.configPath, log });
    this.#tools.onChange(() => options.say(`Reloaded the tools: ${this.#toolNames()}`));
    this.#gateway = createGateway({ config, tools: this.#tools, access, version, log, onFatal });
    this.#watcher = new FileWatcher(() => {
      this.#reloading = this.#reloading.then(() => this.#reloadActors());
    });
  }

  /** @throws ActorsFileError, or what keeps the gateway from starting */
  async start(): Promise<void> {
    this.#actors = await this.#loadActors();
    await this.#gateway.start();
    await this.#replaceActors();
    this.#watchActors();
    this.#introduce();
  }

  async stop(): Promise<void> {
    this.#watcher.close();
    await this.#reloading;
    await Promise.all([this.#running?.close(), ...this.#leaving]);
    await this.#gateway.stop();
  }

  #introduce(): void {
    const { config, say } = this.#options;
    const url = this.#gateway.url ?? '';
    say(`Listening on ${url}`);
    say(`  MCP endpoint  ${localUrl(url)}/mcp`);
    say(`  Tools         ${this.#toolNames() || 'none: name a file with --tools'}`);
    say(`  Actors        ${this.#steps() || 'none: name a file with --actors'}`);
    say(`  Jobs          ${config.databaseUrl === null ? 'in memory' : 'in PostgreSQL'}`);
    say(`  Queues        ${config.rabbitmqUrl === null ? 'in memory' : 'in RabbitMQ'}`);
    say('Changes of these files are taken over. Stop with Ctrl-C.');
  }

  async #reloadActors(): Promise<void> {
    const { say } = this.#options;
    try {
      this.#actors = await this.#loadActors();
      await this.#replaceActors();
      say(`Reloaded the actors: ${this.#steps()}`);
    } catch (error) {
      if (!(error instanceof ActorsFileError)) throw error;
      say(`The actors stay as they were, because of this change:\n${error.message}`);
    } finally {
      this.#watchActors();
    }
  }

  async #loadActors(): Promise<readonly Actor[]> {
    const { actorsFile } = this.#options;
    if (actorsFile === null) return [];
    return loadActors(actorsFile, (url) => this.#imports.import(url));
  }

  /**
   * Starts the new actors before the old ones stop, so that messages that the old ones give back find a
   * reader.
   */
  async #replaceActors(): Promise<void> {
    const old = this.#running;
    const { log } = this.#options;
    this.#running = await runActors(this.#actors, await this.#gateway.connectActors(), { log });
    if (old === null) return;
    const left = old.close().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #watchActors(): void {
    for (const file of this.#imports.files) this.#watcher.addFile(file);
  }

  #toolNames(): string {
    return this.#tools
      .current()
      .list()
      .map(({ name }) => name)
      .join(', ');
  }

  #steps(): string {
    return this.#actors.map(({ step }) => step).join(', ');
  }
}
