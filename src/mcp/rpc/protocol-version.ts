import type { Json } from '../../lib/json.ts';

/** The protocol versions that begin with an `initialize` handshake, newest first. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

export type LegacyVersion = (typeof legacyVersions)[number];

/** The stateless protocol version: every request says for itself what its client can do. */
export const modernVersion = '2026-07-28';

/** What a client may choose from, newest first. */
export const supportedVersions: readonly string[] = [modernVersion, ...legacyVersions];

/** The version that a client is offered which asks for an unknown one. */
export const latestLegacyVersion: LegacyVersion = '2025-11-25';

/** The version of a client that does not say (MCP 2025-11-25, transports, "Protocol Version Header"). */
export const assumedVersion: LegacyVersion = '2025-03-26';

/** The only version whose clients may send several messages in one body. */
export const batchVersion: LegacyVersion = '2025-03-26';

/** The only version with a handshake that has tasks. */
export const legacyTasksVersion: LegacyVersion = '2025-11-25';

export function legacyVersion(value: Json | undefined): LegacyVersion | null {
  return legacyVersions.find((version) => version === value) ?? null;
}
