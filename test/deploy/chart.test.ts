import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from '../../scripts/chart/generated-files.ts';
import { readConfig } from '../../src/config.ts';
import { loadTools } from '../../src/tools/tools-file.ts';
import { outputOf } from '../support/child.ts';
import {
  chartDirectory,
  lint,
  noHelm,
  packChart,
  refusalOf,
  render,
  renderText,
  validate,
} from './support/chart.ts';
import { dataOf, find, podOf } from './support/objects.ts';
import { Pod } from './support/pod.ts';
import { refusedValues, valueSets } from './support/value-sets.ts';

/*
 * What Helm makes of the chart. Skipped where there is no Helm: see `make deploy-tools`.
 */

const http = { port: 'http' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-chart-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('what the chart repeats', () => {
  test('is what it was made from; if not: make chart', async () => {
    const generated = await generatedFiles();
    const files = [...generated.keys()].filter((path) => path.includes('/files/'));
    const entries = await readdir(join(chartDirectory, 'files'), {
      withFileTypes: true,
      recursive: true,
    });
    const present = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
    expect(present.toSorted()).toEqual(
      [...files, join(chartDirectory, 'files/call.mjs')].toSorted(),
    );
    for (const [path, content] of generated) expect(await readFile(path, 'utf8')).toBe(content);
  });

  test('has the version of the package', async () => {
    const chart = parse(await readFile(join(chartDirectory, 'Chart.yaml'), 'utf8'));
    const root = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(await readFile(root, 'utf8')) as { version: string };
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});

describe.skipIf(noHelm)('helm', () => {
  test.each(Object.entries(valueSets))('lints and renders valid objects: %s', async (_, values) => {
    await lint(values);
    await validate(await renderText(values));
  });

  test('renders objects that are checked indeed', async () => {
    const manifest = await renderText(valueSets['everything on'] ?? {});
    for (const [right, wrong] of [
      ['unhealthyPodEvictionPolicy', 'unhealthyPodPolicy'],
      ['type: RegularExpression', 'type: Regex'],
    ] as const) {
      await expect(validate(manifest.replace(right, wrong))).rejects.toThrow(/validation failed/);
    }
  });

  test.each(refusedValues)('refuses %s', async (_, values, words) => {
    expect(await refusalOf(values)).toMatch(words);
  });

  test('refuses an older Kubernetes', async () => {
    await expect(renderText({}, { kubernetes: '1.29.0' })).rejects.toThrow(/kubeVersion: >=1.30/);
  });

  test('packs everything that an installation needs', async () => {
    const archive = await packChart(directory);
    await outputOf('tar', ['-xzf', archive, '-C', directory]);
    const chart = join(directory, 'asya-gateway');
    const options = { chart, release: 'packed' };
    const packed = await render(valueSets['everything on'] ?? {}, options);
    const source = await render(valueSets['everything on'] ?? {}, { release: 'packed' });
    expect(packed.map(named)).toEqual(source.map(named));
    expect(find(packed, 'ConfigMap', 'packed-asya-gateway-migrations').data).toEqual(
      find(source, 'ConfigMap', 'packed-asya-gateway-migrations').data,
    );
  });
});

describe.skipIf(noHelm)('the objects', () => {
  test.each(Object.entries(valueSets))('of %s run restricted pods only', async (_, values) => {
    const pods = (await render(values)).map(podOf).filter((pod) => pod !== null);
    expect(pods.length).toBeGreaterThan(1);
    for (const pod of pods) {
      // Links would make a Service named asya-gateway set ASYA_GATEWAY_PORT.
      expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        expect(container.securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
        expect(container).toHaveProperty('resources.limits.memory');
      }
    }
  });

  test('have names that fit, however long the release is named', async () => {
    const release = 'r'.repeat(53);
    const objects = await render(valueSets['everything on'] ?? {}, { release });
    for (const { kind, metadata } of objects) {
      // Labels of 63 characters hold them, with what Kubernetes appends to a StatefulSet's.
      expect(metadata.name.length).toBeLessThanOrEqual(kind === 'Job' ? 59 : 52);
    }
    expect(new Set(objects.map(named)).size).toBe(objects.length);
  });

  test('give the gateway the configuration of the values', async () => {
    const objects = await render(valueSets['everything on'] ?? {});
    await using pod = await podOfGateway(objects);
    expect(readConfig(pod.environmentOf('gateway'))).toEqual({
      databaseUrl:
        'postgres://jobs@asya-gateway-postgresql:5432/jobs?password=pa%24%24w0rd%2F%40%3A%25',
      databaseMaxConnections: 7,
      rabbitmqUrl: 'amqps://asya:secret@mq.example:5671/asya',
      rabbitmqExchange: 'jobs',
      consumeEndQueues: true,
      unroutableGraceSeconds: 5,
      host: '::',
      port: 8080,
      metricsPort: 9090,
      actorPort: 8081,
      accessPath: '/etc/asya/access/access.yaml',
      openAccess: false,
      maxBodyBytes: 10_485_760,
      maxResultBytes: 33_554_432,
      allowedOrigins: ['https://a.example', 'https://b.example'],
      allowedHosts: [
        'asya-gateway',
        'asya-gateway.asya',
        'asya-gateway.asya.svc',
        'asya-gateway.asya.svc.cluster.local',
        'asya-gateway-actors',
        'asya-gateway-actors.asya',
        'asya-gateway-actors.asya.svc',
        'asya-gateway-actors.asya.svc.cluster.local',
        'asya.example',
        'tools.example:8443',
      ],
      configPath: '/etc/asya/tools',
      jobRetentionSeconds: 31_536_000,
      secret: 'sixteen characters',
      jobTools: false,
      logLevel: 'debug',
    });
    expect(pod.environmentOf('gateway')).toMatchObject({ PGPASSWORD: 'pa$$w0rd/@:%' });
  });

  test('give it no variable that it does not know', async () => {
    const objects = await render(valueSets['everything on'] ?? {});
    await using pod = await podOfGateway(objects);
    const config = await readFile(new URL('../../src/config.ts', import.meta.url), 'utf8');
    const names = Object.keys(pod.environmentOf('gateway'));
    for (const name of names.filter((name) => name.startsWith('ASYA_'))) {
      expect(config).toContain(`'${name}'`);
    }
  });

  test('have the defaults of the gateway where the values have none', async () => {
    await using pod = await podOfGateway(await render({}));
    const config = readConfig(pod.environmentOf('gateway'));
    const { databaseUrl, rabbitmqUrl, secret, host, metricsPort, configPath, ...more } = config;
    const { actorPort, accessPath, ...rest } = more;
    expect(readConfig({})).toMatchObject(rest);
    expect({ actorPort, accessPath }).toEqual({
      actorPort: 8081,
      accessPath: '/etc/asya/access/access.yaml',
    });
    expect({ databaseUrl, rabbitmqUrl, host, metricsPort, configPath }).toEqual({
      databaseUrl: expect.stringMatching(
        /^postgres:\/\/asya@asya-gateway-postgresql:5432\/asya\?password=\w{32,}$/,
      ),
      rabbitmqUrl: 'amqp://guest:guest@rabbitmq:5672/',
      host: '0.0.0.0',
      metricsPort: 9090,
      configPath: '/etc/asya/tools',
    });
    expect(secret).toMatch(/^\w{40}$/);
  });

  test('mount tools files that the gateway reads', async () => {
    await using pod = await podOfGateway(await render(valueSets['everything on'] ?? {}));
    const names = loadTools(pod.volume('tools'))
      .list()
      .map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'word_count', 'make_poster', 'fail_on_purpose']);
  });

  test('leave the gateway time to drain after its removal from the Service', async () => {
    const pod = podOf(find(await render({}), 'Deployment', 'asya-gateway'));
    const sleep = pod?.containers[0]?.lifecycle?.preStop.sleep.seconds ?? 0;
    expect(sleep).toBeGreaterThan(0);
    // main.ts ends a gateway that has not drained after 10 s.
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(sleep + 10);
  });

  test('let the test of the chart in, and nobody else but those named', async () => {
    const objects = await render(valueSets['everything on'] ?? {});
    const { ingress } = find(objects, 'NetworkPolicy', 'asya-gateway').spec as {
      ingress: { from: { podSelector?: object }[]; ports: { port: string }[] }[];
    };
    const tester = find(objects, 'Pod');
    expect(tester.metadata.labels).toMatchObject({ 'app.kubernetes.io/component': 'test' });
    expect(ingress).toMatchObject([
      {
        from: [{ podSelector: { matchLabels: { role: 'actor' } } }],
        ports: [{ port: 'actors' }],
      },
      { from: [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }], ports: [http] },
      {
        from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'test' } } }],
        ports: [http],
      },
      {
        from: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
        ports: [{ port: 'metrics' }],
      },
    ]);
  });

  test('show the metrics by a Service of their own alone', async () => {
    const objects = await render(valueSets['everything on'] ?? {});
    const services = objects.filter(({ kind }) => kind === 'Service');
    const ports = services.map(({ metadata, spec }) => [
      metadata.name,
      (spec as { ports: { name: string }[] }).ports.map(({ name }) => name).join(),
    ]);
    expect(Object.fromEntries(ports)).toEqual({
      'asya-gateway': 'http',
      'asya-gateway-actors': 'actors',
      'asya-gateway-metrics': 'metrics',
      'asya-gateway-postgresql': 'postgresql',
    });
    for (const kind of ['Ingress', 'HTTPRoute']) {
      expect(JSON.stringify(find(objects, kind))).not.toContain('metrics');
    }
  });

  test('do not replace PostgreSQL because the chart has a new version', async () => {
    const chart = join(directory, 'newer');
    await cp(chartDirectory, chart, { recursive: true });
    const file = join(chart, 'Chart.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^(version|appVersion): .*/gm, '$1: 9.9.9'));
    const [now, newer] = [await render({}), await render({}, { chart })];
    const name = 'asya-gateway-postgresql';
    expect(find(newer, 'StatefulSet', name).metadata.labels).toMatchObject({
      'app.kubernetes.io/version': '9.9.9',
    });
    expect(find(newer, 'StatefulSet', name).spec).toEqual(find(now, 'StatefulSet', name).spec);
  });

  test('keep the generated password beyond the release, as the volume is', async () => {
    const secret = find(await render({}), 'Secret', 'asya-gateway-postgresql');
    expect(secret.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    expect(dataOf([secret], 'Secret', 'asya-gateway-postgresql', 'password')).toMatch(/^\w{40}$/);
  });
});

describe.skipIf(noHelm)('the notes', () => {
  test.each([
    ['a tool of the examples', { examples: { enabled: true } }, /"word_count", "arguments"/],
    ['how to offer tools', {}, /has no tools yet/],
    ['which RabbitMQ it expects', {}, /the Service "rabbitmq" of this namespace/],
    [
      'by which name a Gateway leads to it',
      { gatewayAPI: { enabled: true, parentRefs: [{ name: 'public' }], hostnames: ['a.example'] } },
      /by your Gateway as a\.example\/mcp/,
    ],
    ['where clients reach it', valueSets['everything on'] ?? {}, /https:\/\/asya.example\/mcp/],
  ])('tell %s', async (_, values, words) => {
    // `helm template` keeps them to itself.
    const chart = await mkdtemp(join(directory, 'notes-'));
    await cp(chartDirectory, chart, { recursive: true });
    const template = `{{ print $.Template.BasePath "/NOTES.txt" }}`.slice(2, -2);
    await writeFile(
      join(chart, 'templates/notes.yaml'),
      `apiVersion: v1\nkind: Notes\nmetadata: { name: notes }\ndata:\n  text: {{ include (${template}) . | toJson }}\n`,
    );
    const objects = await render(values, { chart });
    expect(find(objects, 'Notes').data?.['text']).toMatch(words);
  });
});

function podOfGateway(objects: Awaited<ReturnType<typeof render>>): Promise<Pod> {
  return Pod.of(find(objects, 'Deployment', 'asya-gateway'), { objects, directory, env: {} });
}

function named({ kind, metadata }: Awaited<ReturnType<typeof render>>[number]): string {
  return `${kind} ${metadata.name}`;
}
