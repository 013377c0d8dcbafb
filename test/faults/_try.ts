import { Cluster } from './cluster.ts';
import { Load } from './load.ts';
import { setTimeout as pause } from 'node:timers/promises';
const c = await Cluster.create();
await c.start({ gateways: 2, actors: 2 });
const load = new Load({ urls: c.gateways.map((g) => g.url), perSecond: 30 });
load.start();
await pause(2000);
for (let k = 0; k < 5; k++) {
  await c.postgres.stop();
  await pause(1500);
  await c.postgres.start();
  await pause(1500);
  for (const g of c.gateways)
    if (!g.process.running)
      console.log(
        'DIED',
        g.process.child.exitCode,
        g.process.child.signalCode,
        g.process.output.slice(-3000),
      );
}
await load.stop();
console.log(load.tally.wrong, load.tally.unanswered, load.tally.accepted.length);
await c.remove();
