import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildGoClient,
  goFault,
  runGoClient,
  type GoClientReport,
} from '../../support/clients/go-client.ts';
import { patienceMs } from '../../support/patience.ts';
import { AsyaProcess } from '../../support/processes.ts';

/* The official Go SDK against `asya-gateway dev`: a client that shares no line with ours. */

const fault = await goFault();
if (fault !== null) console.warn(`Skipped, because the Go client cannot be built: ${fault}`);

let gateway: AsyaProcess;
let url: string;
let directory: string;
let client: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-go-'));
  client = join(directory, 'client');
  gateway = new AsyaProcess(['dev', '--port', '0'], {});
  await buildGoClient(client);
  [, url = ''] = await gateway.says(/MCP endpoint +(\S+)/);
}, 3 * patienceMs);

afterAll(async () => {
  await gateway.stop();
  await rm(directory, { recursive: true });
});

describe
  .skipIf(fault !== null)
  .each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'])(
  'a Go client of %s',
  (version) => {
    function call(tool: string, args: object): Promise<GoClientReport> {
      return runGoClient(client, url, version, tool, args);
    }

    test('lists the tools and gets a structured result', async () => {
      const { protocolVersion, tools, result } = await call('word_count', { text: 'one two two' });
      expect(protocolVersion).toBe(version);
      expect(tools.slice(0, 3)).toEqual(['word_count', 'make_poster', 'fail_on_purpose']);
      expect(result).toMatchObject({
        structuredContent: { words: 3, most_frequent: [{ word: 'two', count: 2 }, {}] },
      });
    });

    test('hears of progress, which only grows', async () => {
      const { progress, result } = await call('make_poster', { title: 'A', seconds_per_step: 0.1 });
      expect(result).toMatchObject({
        content: [{ type: 'text', text: expect.stringMatching('█') }],
      });
      const heard = (progress ?? []).map((told) => told.progress);
      expect(heard.length).toBeGreaterThanOrEqual(3);
      expect(heard).toEqual([...new Set(heard)].toSorted((a, b) => a - b));
      expect(progress?.map(({ message }) => message)).toContain('Drawing 1 lines of block letters');
    });

    test('gets a failure as a result', async () => {
      const { result } = await call('fail_on_purpose', { reason: 'because' });
      expect(result).toMatchObject({ isError: true, content: [{ text: 'because' }] });
    });
  },
);
