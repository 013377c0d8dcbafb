import { setTimeout as pause } from 'node:timers/promises';
import { canInstall } from './services/debian.ts';
import { hasDocker } from './services/docker.ts';
import { ensureGo } from './services/go.ts';
import { postgresql } from './services/postgresql.ts';
import { rabbitmq } from './services/rabbitmq.ts';
import type { Service } from './services/service.ts';
import { ensureSqitch } from './services/sqitch.ts';

/** A busy machine takes minutes. */
const startLimitMs = 300_000;

/**
 * Finds or starts what the tests need: PostgreSQL, RabbitMQ, Sqitch and Go. What runs already is used;
 * else Docker starts it; else it is installed from Debian's packages.
 *
 * Sets `ASYA_TEST_DATABASE_URL`, `ASYA_TEST_RABBITMQ_URL` and `PATH` for the processes that follow.
 *
 * @throws with the ways out, if one of them cannot be had
 */
export async function ensureServices(): Promise<void> {
  for (const service of [postgresql, rabbitmq]) await ensureService(service);
  await ensureSqitch();
  await ensureGo();
}

/** One of them, alone: its variable is set, too. @returns its URL */
export async function ensureService(service: Service): Promise<string> {
  const url = await findOrStart(service);
  process.env[service.variable] = url;
  return url;
}

/** @returns the URL of a running one */
async function findOrStart(service: Service): Promise<string> {
  const given = process.env[service.variable];
  const url = given ?? service.localUrl;
  let fault: string;
  try {
    await report(service, url, 'already running');
    return url;
  } catch (error) {
    fault = `${service.name} at ${new URL(url).host} cannot be used: ${messageOf(error)}`;
  }
  if (given !== undefined) throw new Error(`${service.variable} is set, but ${fault}`);

  if (await hasDocker()) {
    console.log(`${fault}. Starting it in Docker`);
    return reportStarted(service, await service.startInDocker(), 'in Docker');
  }
  if (canInstall()) {
    console.log(`${fault}. Starting Debian's`);
    return reportStarted(service, await service.startOnDebian(), "Debian's, started just now");
  }
  throw new Error(
    `${fault}. Do one of these:
  - start it, and set ${service.variable} if it is elsewhere or needs another account
    (now ${service.localUrl})
  - start Docker: it is run in a container then
  - run this as root on Debian: it is installed with apt-get then`,
  );
}

/** Waits until it can be used. @throws why it cannot, if that does not change */
async function reportStarted(service: Service, url: string, how: string): Promise<string> {
  for (const deadline = Date.now() + startLimitMs; ; await pause(500)) {
    try {
      return await report(service, url, how);
    } catch (error) {
      if (Date.now() < deadline) continue;
      const fault = `cannot be used ${startLimitMs / 1_000} s after its start`;
      throw new Error(`${service.name} ${fault}: ${messageOf(error)}`, { cause: error });
    }
  }
}

async function report(service: Service, url: string, how: string): Promise<string> {
  const version = await service.probe(url);
  const name = version === '' ? service.name : `${service.name} ${version}`;
  console.log(`${name} at ${new URL(url).host} (${how})`);
  return url;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
