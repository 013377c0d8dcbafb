import { version as uuidVersion } from 'uuid';
import { describe, expect, test } from 'vitest';
import { declaredCapabilities } from '../calls/client-capabilities.ts';
import { Sessions, type Session, type SessionTerms } from './session.ts';

const terms: SessionTerms = {
  protocolVersion: '2025-06-18',
  capabilities: ['elicitation', 'roots'],
  owner: null,
};
const day = 86_400_000;

describe('Sessions', () => {
  test('any replica with the secret reads what another one issued', () => {
    const id = new Sessions({ secret: 's', clock: () => 0 }).issue(terms);
    expect(new Sessions({ secret: 's', clock: () => day }).read(id)).toEqual({
      ...terms,
      id,
      beganAt: 0,
    });
  });

  test('an id is visible ASCII and unlike any other', () => {
    const sessions = new Sessions({ secret: 's', clock: () => 0 });
    const id = sessions.issue(terms);
    expect(id).toMatch(/^[\x21-\x7e]+$/);
    expect(sessions.issue(terms)).not.toBe(id);
  });

  test('an id expires', () => {
    let now = 0;
    const sessions = new Sessions({ secret: 's', clock: () => now });
    const id = sessions.issue(terms);
    now = 30 * day - 1;
    expect(sessions.read(id)).not.toBeNull();
    now = 30 * day;
    expect(sessions.read(id)).toBeNull();
  });

  test('an id of another secret is none', () => {
    const id = new Sessions({ secret: 'other', clock: () => 0 }).issue(terms);
    expect(new Sessions({ secret: 's', clock: () => 0 }).read(id)).toBeNull();
  });

  test('a changed id is none', () => {
    const sessions = new Sessions({ secret: 's', clock: () => 0 });
    const [body = '', signature = ''] = sessions.issue(terms).split('.');
    const forged = Buffer.from(body, 'base64url').toString().replace('2025-06-18', '2025-11-25');
    const forgedBody = Buffer.from(forged).toString('base64url');
    expect(sessions.read(`${forgedBody}.${signature}`)).toBeNull();
    expect(sessions.read(`${body}.${signature.slice(0, -4)}`)).toBeNull();
    expect(sessions.read(`${body}.${signature}.`)).toBeNull();
  });

  test.each(['', '.', 'abc', 'a.b', 'é.ü', '..'])('%j is none', (id) => {
    expect(new Sessions({ secret: 's', clock: () => 0 }).read(id)).toBeNull();
  });
});

function read(from: Sessions, id: string): Session {
  const session = from.read(id);
  if (session === null) throw new Error('not one of ours');
  return session;
}

describe('a session that ended', () => {
  const begin = (sessions: Sessions): Session => read(sessions, sessions.issue(terms));

  test('is none any more', () => {
    const sessions = new Sessions({ secret: 's', clock: () => 0 });
    const [ended, other] = [begin(sessions), begin(sessions)];
    sessions.end(ended);
    expect(sessions.read(ended.id)).toBeNull();
    expect(sessions.read(other.id)).toEqual(other);
  });

  test('invariant 9: is forgotten in the end', () => {
    const sessions = new Sessions({ secret: 's', clock: () => 0 });
    const first = begin(sessions);
    sessions.end(first);
    for (let n = 0; n < 10_000; n++) sessions.end({ ...first, id: String(n) });
    expect(sessions.read(first.id)).toEqual(first);
  });
});

describe('the job of a request', () => {
  const clock = (): number => 1_763_825_000_123;
  const sessions = new Sessions({ secret: 's', clock });
  const [one, two] = [sessions.issue(terms), sessions.issue(terms)];

  test('has the same id on every replica: a UUIDv7 of the time the session began', () => {
    const id = sessions.jobIdOf(read(sessions, one), 7);
    const replica = new Sessions({ secret: 's', clock: () => clock() + day });
    expect(replica.jobIdOf(read(replica, one), 7)).toBe(id);
    expect(uuidVersion(id)).toBe(7);
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(clock());
  });

  test('has another id for another request, session or secret', () => {
    const other = new Sessions({ secret: 'other', clock });
    const ids = [
      sessions.jobIdOf(read(sessions, one), 7),
      sessions.jobIdOf(read(sessions, one), '7'),
      sessions.jobIdOf(read(sessions, one), 8),
      sessions.jobIdOf(read(sessions, two), 7),
      other.jobIdOf(read(sessions, one), 7),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('only known capabilities are remembered', () => {
  const declared = { elicitation: { form: {} }, sampling: 'yes', experimental: { x: {} } };
  expect(declaredCapabilities(declared)).toEqual(['elicitation', 'elicitation.form']);
  expect(declaredCapabilities(undefined)).toEqual([]);
});
