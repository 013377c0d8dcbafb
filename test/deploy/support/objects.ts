/** The parts of Kubernetes' objects that the tests read. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** A Secret's is in base64. */
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop: readonly string[] };
  };
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: {
    readonly name: string;
    readonly items?: readonly VolumeItem[];
  };
  readonly secret?: { readonly secretName: string; readonly items?: readonly VolumeItem[] };
}

interface VolumeItem {
  readonly key: string;
  readonly path: string;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** @throws if there is not exactly one */
export function find(
  objects: readonly KubernetesObject[],
  kind: string,
  name?: string | RegExp,
): KubernetesObject {
  const matches = (object: KubernetesObject): boolean =>
    object.kind === kind &&
    (name === undefined ||
      (typeof name === 'string' ? object.metadata.name === name : name.test(object.metadata.name)));
  const found = objects.filter(matches);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`there are ${found.length} objects ${kind} ${name ?? ''}`);
  }
  return only;
}

/** The pod of an object that runs one; null: it runs none. */
export function podOf({ kind, spec }: KubernetesObject): PodSpec | null {
  if (kind === 'Pod') return spec as PodSpec;
  if (!['Deployment', 'StatefulSet', 'Job'].includes(kind)) return null;
  return (spec as { readonly template: { readonly spec: PodSpec } }).template.spec;
}

/** What a ConfigMap or a Secret holds under a key. @throws if there is nothing */
export function dataOf(
  objects: readonly KubernetesObject[],
  kind: 'ConfigMap' | 'Secret',
  name: string,
  key: string,
): string {
  const value = find(objects, kind, name).data?.[key];
  if (value === undefined) throw new Error(`${kind} ${name} has no ${key}`);
  return kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value;
}
