import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerProcess } from './container-process.ts';
import { dataOf, find, podOf } from './objects.ts';
import type { Container, EnvVar, KubernetesObject, PodSpec, Probe, Volume } from './objects.ts';
import { writeVolume } from './volume.ts';

export interface PodOptions {
  /** Everything that was rendered: the Secrets and ConfigMaps are looked up here. */
  readonly objects: readonly KubernetesObject[];
  /** Stands for the working directory of its images. */
  readonly directory: string;
  /** What the pod's network gives it on a cluster: another address, port, or host to reach. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A rendered pod's containers as processes of this machine, with its volumes as directories. What of
 * it is a path on a volume leads there.
 */
export class Pod {
  readonly spec: PodSpec;
  readonly #options: PodOptions;
  readonly #volumes: ReadonlyMap<string, string>;
  readonly #root: string;
  readonly #processes: ContainerProcess[] = [];

  private constructor(spec: PodSpec, options: PodOptions, root: string) {
    this.spec = spec;
    this.#options = options;
    this.#root = root;
    const volumes = (spec.volumes ?? []).map(({ name }) => [name, join(root, name)] as const);
    this.#volumes = new Map(volumes);
  }

  static async of(object: KubernetesObject, options: PodOptions): Promise<Pod> {
    const spec = podOf(object);
    if (spec === null) throw new Error(`${object.kind} runs no pod`);
    const root = await mkdtemp(join(tmpdir(), 'asya-pod-'));
    for (const volume of spec.volumes ?? []) {
      await fill(join(root, volume.name), volume, options.objects);
    }
    return new Pod(spec, options, root);
  }

  container(name: string): Container {
    const all = [...(this.spec.initContainers ?? []), ...this.spec.containers];
    const found = all.find((container) => container.name === name);
    if (found === undefined) throw new Error(`there is no container ${name}`);
    return found;
  }

  volume(name: string): string {
    return this.#volumes.get(name) ?? '';
  }

  /** The environment as Kubernetes makes it from the container's, before `env` of the options. */
  environmentOf(name: string): Record<string, string> {
    const entries = this.container(name).env ?? [];
    return Object.fromEntries(entries.map((entry) => [entry.name, this.#valueOf(entry)]));
  }

  /** Writes its ConfigMaps anew, as the kubelet does some time after they changed. */
  async sync(objects: readonly KubernetesObject[]): Promise<void> {
    for (const volume of this.spec.volumes ?? []) {
      if (volume.configMap !== undefined) await fill(this.volume(volume.name), volume, objects);
    }
  }

  start(name: string): ContainerProcess {
    const container = this.container(name);
    const local = (text: string): string => this.#onVolume(container, text);
    const env = Object.entries(this.environmentOf(name)).map(([key, value]) => [key, local(value)]);
    const process = new ContainerProcess({
      command: [...(container.command ?? []), ...(container.args ?? [])].map(local),
      env: { ...Object.fromEntries(env), ...this.#options.env },
      directory: this.#options.directory,
    });
    this.#processes.push(process);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await rm(this.#root, { recursive: true });
  }

  #valueOf({ value, valueFrom }: EnvVar): string {
    if (valueFrom === undefined) return value ?? '';
    const { name, key } = valueFrom.secretKeyRef;
    return dataOf(this.#options.objects, 'Secret', name, key);
  }

  #onVolume({ volumeMounts = [] }: Container, text: string): string {
    const mount = volumeMounts.find(
      ({ mountPath }) => text === mountPath || text.startsWith(`${mountPath}/`),
    );
    if (mount === undefined) return text;
    return this.volume(mount.name) + text.slice(mount.mountPath.length);
  }
}

/** Writes the volume of a ConfigMap or a Secret; any other is empty. */
async function fill(
  directory: string,
  { configMap, secret }: Volume,
  objects: readonly KubernetesObject[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const source = configMap ?? secret;
  if (source === undefined) return;
  // Those that exist already are no part of the chart.
  const kind = configMap === undefined ? 'Secret' : 'ConfigMap';
  const name = configMap?.name ?? secret?.secretName ?? '';
  // Null where a template has no entries.
  const isRendered = objects.some(
    (object) => object.kind === kind && object.metadata.name === name,
  );
  if (secret !== undefined && !isRendered) return;
  const data = find(objects, kind, name).data ?? {};
  const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  const files = items.map(({ key, path }) => [path, dataOf(objects, kind, name, key)] as const);
  await writeVolume(directory, new Map(files));
}

/**
 * Asks as the kubelet would, but waits for the answer as long as it takes.
 *
 * @returns the status; null: nobody answers
 */
export async function ask(probe: Probe | undefined, url: string): Promise<number | null> {
  if (probe === undefined) throw new Error('there is no such probe');
  try {
    const { status } = await fetch(url + probe.httpGet.path);
    return status;
  } catch {
    return null;
  }
}
