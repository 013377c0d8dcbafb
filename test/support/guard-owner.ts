import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { startChild } from './child.ts';
import { guardTemporaryFiles } from './guard.ts';

/* Stands for a process of the tests: has a directory, a child with a child of its own, and a daemon. */

guardTemporaryFiles();
// None of them listens to anything but SIGKILL, and each holds standard output open.
const stubborn = "trap '' HUP INT TERM; sleep 1000 & wait";
const stdio = ['ignore', 'inherit', 'ignore'] as const;
startChild('sh', ['-c', stubborn], { stdio: [...stdio] });
// Elsewhere nobody can tell whose a daemon is.
if (process.platform === 'linux')
  spawn('sh', ['-c', stubborn], { stdio: [...stdio], detached: true });

process.once('SIGUSR1', () => process.exit(3));
process.once('SIGUSR2', () => {
  throw new Error('the test says so');
});
setInterval(() => {}, 1_000);
console.log(tmpdir());
