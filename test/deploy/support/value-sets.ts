import type { Values } from './chart.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Installations that differ in what is rendered, by what they show. */
export const valueSets: Readonly<Record<string, Values>> = {
  'the defaults': {},
  'the examples, one gateway, no volume': {
    replicaCount: 1,
    examples: { enabled: true },
    postgresql: { persistence: { enabled: false } },
  },
  'a PostgreSQL of your own, by URL': {
    postgresql: { enabled: false },
    database: { url: 'postgres://asya:secret@db.example:5432/asya' },
  },
  'a PostgreSQL of your own behind a pooler, migrated past it': {
    postgresql: { enabled: false },
    database: { url: 'postgres://asya:secret@pooler.example:6432/asya' },
    migrations: { database: { url: 'postgres://owner:secret@db.example:5432/asya' } },
  },
  'every secret and the tools existing already': {
    postgresql: { enabled: false },
    database: { existingSecret: 'db', existingSecretKey: 'uri' },
    migrations: { database: { existingSecret: 'db-owner' } },
    rabbitmq: { existingSecret: 'rabbitmq' },
    secret: { existingSecret: 'asya' },
    tools: { existingConfigMap: 'our-tools' },
  },
  'the bundled PostgreSQL with a password of your own': {
    postgresql: { auth: { existingSecret: 'db', existingSecretKey: 'pass' } },
    migrations: { database: { url: 'postgres://owner@elsewhere/asya' } },
  },
  'somebody else migrates, nobody scrapes': {
    migrations: { enabled: false },
    metrics: { enabled: false },
    networkPolicy: { enabled: true },
  },
  'everything on': {
    image: { repository: 'images.example/asya-gateway', digest },
    imagePullSecrets: [{ name: 'pull' }],
    commonLabels: { team: 'vision' },
    tools: {
      files: {
        'a.yaml': { tools: [{ name: 'a', description: 'd', route: ['a'] }] },
        'b.yml': 'tools:\n  - { name: b, description: d, route: [b] }\n',
      },
    },
    examples: { enabled: true },
    config: {
      logLevel: 'debug',
      databaseMaxConnections: 7,
      consumeEndQueues: true,
      unroutableGraceSeconds: 5,
      maxBodyBytes: 10_485_760,
      maxResultBytes: 33_554_432,
      jobRetentionSeconds: 31_536_000,
      jobTools: false,
      host: '::',
      allowedOrigins: ['https://a.example', 'https://b.example'],
      allowedHosts: ['asya.example', 'tools.example:8443'],
    },
    secret: { value: 'sixteen characters' },
    rabbitmq: { url: 'amqps://asya:secret@mq.example:5671/asya', exchange: 'jobs' },
    postgresql: {
      auth: { password: 'pa$$w0rd/@:%', database: 'jobs', username: 'jobs' },
      persistence: { size: '20Gi', storageClass: 'fast' },
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'db', operator: 'Exists' }],
    },
    autoscaling: {
      enabled: true,
      minReplicas: 3,
      maxReplicas: 9,
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
    },
    service: { type: 'LoadBalancer', port: 8080, annotations: { a: 'b' } },
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { a: 'b' },
      hosts: ['asya.example'],
      tls: [{ hosts: ['asya.example'], secretName: 'tls' }],
    },
    gatewayAPI: {
      enabled: true,
      parentRefs: [{ name: 'public', namespace: 'edge' }],
      hostnames: ['asya.example'],
      timeouts: { request: '0s' },
      jobList: true,
    },
    metrics: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
      alerts: { enabled: true, labels: { release: 'prometheus' } },
    },
    networkPolicy: {
      enabled: true,
      scrapers: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      clients: [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }],
      actors: [{ podSelector: { matchLabels: { role: 'actor' } } }],
      egress: { enabled: true, rabbitmq: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
    },
    serviceAccount: { annotations: { a: 'b' } },
    podAnnotations: { a: 'b' },
    podLabels: { c: 'd' },
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.pem' }],
    extraEnvFrom: [{ secretRef: { name: 'more' } }],
    extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/ca', readOnly: true }],
    nodeSelector: { pool: 'gateway' },
    tolerations: [{ key: 'gateway', operator: 'Exists' }],
    affinity: { podAntiAffinity: {} },
    priorityClassName: 'high',
    tests: { tool: 'a', arguments: { text: "it's <fine>" } },
  },
};

/** What Helm has to refuse, and the words it has to say. */
export const refusedValues: readonly (readonly [string, Values, RegExp])[] = [
  ['an unknown value', { replicas: 3 }, /additional properties 'replicas' not allowed/],
  ['a number as text', { config: { databaseMaxConnections: '10' } }, /got string, want integer/],
  [
    'an address that no probe reaches',
    { config: { host: '127.0.0.1' } },
    /config.host.*the pod alone/,
  ],
  ['an address with a port', { config: { host: '0.0.0.0:80' } }, /\/config\/host/],
  ['any origin', { config: { allowedOrigins: ['*'] } }, /\/config\/allowedOrigins/],
  [
    'a URL for a host',
    { config: { allowedHosts: ['https://a.example'] } },
    /\/config\/allowedHosts/,
  ],
  ['an unknown log level', { config: { logLevel: 'loud' } }, /\/config\/logLevel/],
  ['a short secret', { secret: { value: 'short' } }, /\/secret\/value.*minLength/s],
  ['a URL of another kind', { rabbitmq: { url: 'http://mq' } }, /\/rabbitmq\/url/],
  ['a tools file that is none', { tools: { files: { 'a.txt': '' } } }, /invalid propertyName/],
  [
    'no database',
    { postgresql: { enabled: false } },
    /set database.url or database.existingSecret/,
  ],
  [
    'two databases',
    { database: { url: 'postgres://elsewhere/asya' } },
    /set postgresql.enabled=false/,
  ],
  [
    'tools from two places',
    { tools: { existingConfigMap: 'ours' }, examples: { enabled: true } },
    /tools.existingConfigMap replaces/,
  ],
  ['a route to no Gateway', { gatewayAPI: { enabled: true } }, /gatewayAPI.parentRefs/],
  ['no time to drain', { terminationGracePeriodSeconds: 15 }, /15 is too short/],
  ['a time that is none', { metrics: { serviceMonitor: { interval: '30' } } }, /\/interval/],
  [
    'a monitor of no metrics',
    { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    /need metrics.enabled/,
  ],
  [
    'a range upside down',
    { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 2 } },
    /minReplicas exceeds/,
  ],
  ['more gateways than connections', { replicaCount: 9 }, /100 is too few; 10 gateways.* need 108/],
];
