import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCliGateway, type CliGateway } from '../../support/clients/cli-gateway.ts';
import { isInstalled, Terminal } from '../../support/clients/terminal.ts';
import { commandFolder } from '../../support/clients/command-folder.ts';

/* What people see: a real terminal, by tmux, with a real shell in it. */

const tmuxIsThere = isInstalled('tmux');
if (!tmuxIsThere) console.warn('tmux is not installed: nothing is tested on a terminal');

let gateway: CliGateway;
let folder: Awaited<ReturnType<typeof commandFolder>>;
beforeAll(async () => {
  [gateway, folder] = await Promise.all([startCliGateway(), commandFolder()]);
});
afterAll(async () => {
  await gateway.stop();
  await folder.remove();
});

async function terminal(shell: string): Promise<Terminal> {
  const opened = new Terminal();
  await opened.open(shell, { PATH: folder.path, ASYA_GATEWAY_URL: gateway.url, PS1: '$ ' });
  return opened;
}

test.skipIf(!tmuxIsThere)('call asks, shows what is wrong, and prints the result', async () => {
  const shell = await terminal('bash --norc --noprofile');
  await shell.type('asya-gateway call ask; echo code=$?');
  await shell.press('Enter');
  await shell.shows(/ask, step ask, asks \(size\):\s+How wide\?\s+Answer it\? .*\[d\]ecline/);
  await shell.press('Enter');
  await shell.shows(/width \(integer, at least 1\):$/m);
  await shell.type('0');
  await shell.press('Enter');
  await shell.shows(/unit \(Enter: px\):/);
  await shell.press('Enter');
  await shell.shows(/width must be >= 1[^]*Answer it/);
  await shell.press('Enter');
  await shell.shows(/width must[^]*width \(integer, at least 1\):$/m);
  await shell.type('300');
  await shell.press('Enter');
  await shell.shows(/width must[^]*unit \(Enter: px\):$/m);
  await shell.press('Enter');
  const screen = await shell.shows(/code=\d/);
  expect(screen).toMatch(/"width": 300,\s+"unit": "px"[^]*code=0/);
  await shell.close();
});

test.skipIf(!tmuxIsThere)('call shows a bar, and Ctrl-C leaves the job', async () => {
  const shell = await terminal('bash --norc --noprofile');
  await shell.type('asya-gateway call hang; echo code=$?');
  await shell.press('Enter');
  await shell.shows(/█{8}░{12} +40 % {2}\d.* · hang · processing · hanging/);
  await shell.press('C-c');
  await shell.shows(/the job goes on: asya-gateway jobs watch \S+\s+code=130/);
  await shell.close();
});

for (const shellName of ['bash', 'zsh', 'fish']) {
  const missing = [shellName, 'tmux'].filter((program) => !isInstalled(program));
  if (missing.length > 0)
    console.warn(`${missing.join(' and ')} not installed: no completion test`);
  test.skipIf(missing.length > 0)(`completion in ${shellName}`, async () => {
    const start = { bash: 'bash --norc --noprofile', zsh: 'zsh -f -i', fish: 'fish --no-config' };
    const setUp = {
      bash: 'source <(asya-gateway completion bash)',
      zsh: 'autoload -U compinit; compinit -u -D; source <(asya-gateway completion zsh)',
      fish: 'asya-gateway completion fish | source',
    };
    const name = shellName as keyof typeof start;
    const shell = await terminal(start[name]);
    await shell.type(`${setUp[name]}; echo re''ady`);
    await shell.press('Enter');
    await shell.shows(/^ready/m);
    await shell.type('asya-gateway jobs wa');
    await shell.press('Tab');
    await shell.shows(/asya-gateway jobs watch$/m);
    await shell.press('C-c');
    await shell.type('asya-gateway call ad');
    await shell.press('Tab');
    await shell.shows(/asya-gateway call add$/m);
    await shell.type('mode=s');
    await shell.press('Tab');
    await shell.shows(/asya-gateway call add mode=slow/);
    await shell.close();
  });
}
