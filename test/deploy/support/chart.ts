import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { chartDirectory } from '../../../scripts/chart/generated-files.ts';
import {
  customResources,
  helm,
  isThere,
  kubectlValidate,
  pathOf,
} from '../../../scripts/deploy-tools/tool.ts';
import { CommandFailed, outputOf } from '../../support/child.ts';
import type { KubernetesObject } from './objects.ts';

export { chartDirectory };

const helmPath = pathOf(helm);
const validatorPath = pathOf(kubectlValidate);

/** For `describe.skipIf`: without Go they cannot be built. */
export const noHelm =
  helmPath === null || validatorPath === null || !customResources.every(isThere);

export type Values = Readonly<Record<string, unknown>>;

export interface RenderOptions {
  readonly chart?: string;
  readonly release?: string;
  readonly kubernetes?: string;
}

/** What `helm install` would send to Kubernetes, its hooks included, as text. */
export async function renderText(values: Values, options: RenderOptions = {}): Promise<string> {
  const { chart = chartDirectory, release = 'asya-gateway', kubernetes = '1.30.0' } = options;
  return withValuesFile(values, (file) =>
    runHelm('template', release, chart, '--namespace=asya', `--kube-version=${kubernetes}`, file),
  );
}

export async function render(values: Values, options?: RenderOptions): Promise<KubernetesObject[]> {
  return parseAllDocuments(await renderText(values, options))
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** Renders, expecting Helm to refuse. @returns why it does */
export async function refusalOf(values: Values): Promise<string> {
  try {
    await renderText(values);
  } catch (error) {
    if (error instanceof CommandFailed) return error.stderr;
    throw error;
  }
  throw new Error('Helm has nothing against these values');
}

export async function lint(values: Values): Promise<string> {
  return withValuesFile(values, (file) =>
    runHelm('lint', '--strict', '--kube-version=1.30.0', chartDirectory, file),
  );
}

/** Packs the chart. @returns the archive's path */
export async function packChart(directory: string): Promise<string> {
  const output = await runHelm('package', chartDirectory, `--destination=${directory}`);
  return /: (.+\.tgz)/.exec(output)?.[1] ?? '';
}

/**
 * Checks objects against Kubernetes' own schemas, and the Gateway API's.
 *
 * @throws with what is wrong
 */
export async function validate(manifest: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'asya-manifest-'));
  const file = join(directory, 'manifest.yaml');
  await writeFile(file, manifest);
  try {
    await outputOf(validatorPath ?? '', [
      file,
      '--version=1.30',
      ...customResources.map(({ directory }) => `--local-crds=${directory}`),
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function runHelm(...args: string[]): Promise<string> {
  return outputOf(helmPath ?? '', args);
}

async function withValuesFile<T>(values: Values, use: (option: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'asya-values-'));
  const file = join(directory, 'values.json');
  await writeFile(file, JSON.stringify(values));
  try {
    return await use(`--values=${file}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}
