import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A terminal of 100 columns with a shell in it, by tmux. */
export class Terminal {
  readonly #socket = `asya-${randomUUID()}`;

  /** @param shell the shell and its options, as one command line */
  async open(shell: string, env: Readonly<Record<string, string>>): Promise<void> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
    const args = [
      '-L',
      this.#socket,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '100',
      '-y',
      '40',
    ];
    await run('tmux', [...args, shell], {
      env: { ...Object.fromEntries(inherited), LC_ALL: 'C.UTF-8', ...env },
    });
  }

  /** Types a text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
  }

  /** Presses a key by tmux's name for it, such as `Enter`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  /** What stands on the screen. */
  async screen(): Promise<string> {
    return this.#tmux('capture-pane', '-p');
  }

  /** Resolves with the screen, whose lines end without spaces, once it matches. */
  async shows(pattern: RegExp): Promise<string> {
    // oxlint-disable-next-line vitest/no-standalone-expect -- tests call it
    await expect.poll(() => this.screen()).toMatch(pattern);
    return this.screen();
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-L', this.#socket, ...args]);
    return stdout;
  }
}
