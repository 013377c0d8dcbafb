#!/usr/bin/env node
// Starts the gateway: in a checkout from its source, else from what was built. Plain JavaScript
// that an old Node.js reads too, so that it can say what is needed, or use the checkout's own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The first release that runs TypeScript without a flag.
const needed = { major: 22, minor: 18 };

const source = new URL('../src/main.ts', import.meta.url);
const main = existsSync(source) ? source : new URL('../dist/src/main.js', import.meta.url);
const ownNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > needed.major || (major === needed.major && minor >= needed.minor)) {
  await import(main.href);
} else if (existsSync(ownNode)) {
  runWith(ownNode);
} else {
  console.error(
    `Asya Gateway needs Node.js ${needed.major}.${needed.minor} or newer, but this is ${process.version}: see https://nodejs.org`,
  );
  process.exitCode = 1;
}

/** Becomes a mere stand-in of the other process: signals go in, its end comes out. */
function runWith(/** @type {string} */ node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  process.on('SIGINT', () => {
    // A terminal sends it to both; a second one would cut the child's orderly stop short.
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
