import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A program that checks what is in deploy/, built from its Go module. */
export interface DeployTool {
  readonly name: 'helm' | 'kubectl-validate' | 'compose';
  readonly package: string;
  readonly version: string;
}

/** Renders the chart. */
export const helm: DeployTool = {
  name: 'helm',
  package: 'helm.sh/helm/v3/cmd/helm',
  version: 'v3.22.0',
};

/** Validates objects against the schemas of Kubernetes, which it has inside. */
export const kubectlValidate: DeployTool = {
  name: 'kubectl-validate',
  package: 'sigs.k8s.io/kubectl-validate',
  version: 'v0.0.4',
};

/** Reads Compose files as `docker compose` does, whose loader it is. */
export const compose: DeployTool = {
  name: 'compose',
  package: 'github.com/compose-spec/compose-go/v2/cmd',
  version: 'v2.16.2',
};

export const deployTools = [helm, kubectlValidate, compose];

/** Where what is built is kept: outside node_modules, which every clean install empties. */
const toolCache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'asya-gateway');

/** Each version has a directory of its own, so that checkouts that differ do not meet. */
export function directoryOf({ name, version }: DeployTool): string {
  return join(toolCache, `${name}-${version}`);
}

/** Its path; null: it has not been built here. */
export function pathOf(tool: DeployTool): string | null {
  const path = join(directoryOf(tool), tool.package.split('/').at(-1) ?? '');
  return existsSync(path) ? path : null;
}

/** Definitions of resources that are no part of Kubernetes itself, from their Go module. */
export interface CustomResources {
  readonly module: string;
  readonly version: string;
  /** Where the module keeps them. */
  readonly source: string;
  readonly files: readonly string[];
  /** Where they are kept here. */
  readonly directory: string;
}

export const customResources: readonly CustomResources[] = [
  {
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.4.0',
    source: 'config/crd/standard',
    files: ['gateway.networking.k8s.io_httproutes.yaml'],
    directory: join(toolCache, 'gateway-api-v1.4.0'),
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    source: 'example/prometheus-operator-crd',
    files: [
      'monitoring.coreos.com_prometheusrules.yaml',
      'monitoring.coreos.com_servicemonitors.yaml',
    ],
    directory: join(toolCache, 'prometheus-operator-v0.85.0'),
  },
];

/** Have they all been fetched? */
export function isThere({ files, directory }: CustomResources): boolean {
  return files.every((file) => existsSync(join(directory, file)));
}
