import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyaProcess } from '../processes.ts';

const tools = `tools:
  - name: add
    description: Adds
    parameters:
      a: { type: integer, required: true, description: The first }
      b: { type: number, default: 1 }
      note: { type: string }
      mode: { type: string, options: [fast, slow] }
    route: [add]
  - { name: fail, description: Fails, parameters: {}, route: [fail] }
  - { name: hang, description: Never ends, parameters: {}, route: [hang] }
  - { name: ask, description: Asks, parameters: {}, route: [ask] }
  - { name: draw, description: Draws, parameters: {}, route: [draw] }
`;

const actors = `import { setTimeout as pause } from 'node:timers/promises';
import { actor, elicit } from 'asya-gateway/actor';
export default [
  actor('add', (payload) => payload),
  actor('fail', () => { throw new Error('it \\x1b[31mbroke'); }),
  actor('hang', async (_, { progress, signal }) => {
    await progress(40, 'hanging');
    await pause(600_000, null, { signal });
  }),
  actor('ask', async (_, { ask }) => (await ask({
    size: elicit('How wide?', {
      type: 'object',
      properties: { width: { type: 'integer', minimum: 1 }, unit: { type: 'string', default: 'px' } },
      required: ['width'],
    }),
  })).size),
  actor('draw', () => ({
    content: [
      { type: 'text', text: 'Here it is' },
      { type: 'image', data: Buffer.from('pixels').toString('base64'), mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///x/..%2f../../notes.txt', text: 'notes' } },
    ],
  })),
];
`;

export interface CliGateway {
  readonly url: string;
  stop(): Promise<void>;
}

/** `asya-gateway dev` with tools that do what the tests of the command line need. */
export async function startCliGateway(): Promise<CliGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'asya-cli-'));
  const [toolsFile, actorsFile] = [join(directory, 'tools.yaml'), join(directory, 'actors.ts')];
  await writeFile(toolsFile, tools);
  await writeFile(actorsFile, actors);
  const files = ['--tools', toolsFile, '--actors', actorsFile];
  const process = new AsyaProcess(['dev', '--port', '0', ...files], {});
  const [, url = ''] = await process.says(/Listening on (\S+)[^]*Ctrl-C/);
  return {
    url,
    stop: async () => {
      await process.stop();
      await rm(directory, { recursive: true });
    },
  };
}
