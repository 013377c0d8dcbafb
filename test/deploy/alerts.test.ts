import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { Metrics } from '../../src/metrics/metrics.ts';
import { MemoryJobStore } from '../../src/memory/job-store.ts';
import { MemoryBroker } from '../../src/memory/broker.ts';
import { anIntake } from '../support/intake.ts';
import { memoryLog } from '../support/memory-log.ts';
import { Scrape } from '../support/scrape.ts';
import { noHelm, render } from './support/chart.ts';
import { find } from './support/objects.ts';

/*
 * The chart's alerts ask for metrics that a gateway has, and the guide says what to do about each.
 */

interface Alert {
  readonly alert: string;
  readonly expr: string;
}

describe.skipIf(noHelm)('the alerts', () => {
  let alerts: readonly Alert[];
  let metrics: Set<string>;

  beforeAll(async () => {
    const objects = await render({
      metrics: { alerts: { enabled: true } },
      config: { unroutableGraceSeconds: 86_400 },
    });
    const { groups } = find(objects, 'PrometheusRule').spec as {
      groups: { rules: Alert[] }[];
    };
    alerts = groups.flatMap(({ rules }) => rules);
    metrics = await everyMetric();
  });

  test('ask for what there is, of this release alone', () => {
    const scope = '{namespace="asya",job="asya-gateway-metrics"';
    for (const { expr } of alerts) {
      const asked = [...expr.matchAll(/\b((?:asya|nodejs)_\w+)(\{[^,]*,[^,}]*)/g)];
      expect(asked.length).toBeGreaterThan(0);
      for (const [, name = '', labels] of asked) {
        expect(metrics).toContain(name.replace(/_(bucket|count|sum)$/, ''));
        expect(labels).toBe(scope);
      }
    }
  });

  test('wait for the grace period of unroutable messages', () => {
    const stuck = alerts.find(({ alert }) => alert === 'AsyaOutboxStuck');
    expect(stuck?.expr).toMatch(/> 86460$/);
  });

  test('are explained in the guide, all of them and no other', async () => {
    const guide = await readFile(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
    const explained = [...guide.matchAll(/^\| `(Asya\w+)`/gm)].map(([, name]) => name);
    expect(explained).toEqual(alerts.map(({ alert }) => alert));
  });

  test('and the guide names no other metrics than there are', async () => {
    const guide = await readFile(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
    const named = [...guide.matchAll(/`(asya_\w+)[`{]/g)].map(([, name = '']) => name);
    for (const name of named) expect(metrics).toContain(name);
    for (const name of metrics) if (name.startsWith('asya_')) expect(named).toContain(name);
  });
});

async function everyMetric(): Promise<Set<string>> {
  const metrics = new Metrics();
  const store = metrics.observeStore(new MemoryJobStore());
  const intake = anIntake({ take: async () => ({ kind: 'unknown' }) });
  metrics.observePublisher(new MemoryBroker({ intake, log: memoryLog().log }));
  const tools = () => ({ count: 0, usable: true });
  const access = { usable: true, keyAges: () => new Map([['corp', 0]]) };
  metrics.ask({ version: '0', dependencies: {}, store, tools, access });
  return new Scrape(await metrics.text()).names();
}
