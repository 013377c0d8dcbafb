import { tmpdir } from 'node:os';
import { startChild } from './child.ts';
import { guardTemporaryFiles } from './guard.ts';

/* Stands for a process of the tests: has a directory, and a child with a child of its own. */

guardTemporaryFiles();
// Neither listens to anything but SIGKILL. Both hold standard output open.
const stubborn = "trap '' HUP INT TERM; sleep 1000 & wait";
startChild('sh', ['-c', stubborn], { stdio: ['ignore', 'inherit', 'ignore'] });

process.once('SIGUSR1', () => process.exit(3));
process.once('SIGUSR2', () => {
  throw new Error('the test says so');
});
setInterval(() => {}, 1_000);
console.log(tmpdir());
