import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { services } from '../../../test/support/services.ts';
import { Pool } from '../pool.ts';

const pool = new Pool({ url: services.databaseUrl, maxConnections: 2 });
afterAll(() => pool.close());

test('text arrays come back as they went, whatever characters they hold', async () => {
  const item = fc.oneof(
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0')),
    fc.constantFrom('', 'NULL', 'null', '{}', ',', '"', '\\', 'a b', '\n'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 8 }), async (items) => {
      const [row] = await pool.run((sql) => sql`SELECT ${items}::text[] AS items`);
      expect(row?.['items']).toEqual(items);
    }),
    { numRuns: 300 },
  );
});

test('and arrays of whole numbers do', async () => {
  const numbers = [0, -1, 2 ** 53 - 1];
  const [row] = await pool.run((sql) => sql`SELECT ${numbers}::bigint[] AS numbers`);
  expect(row?.['numbers']).toEqual(numbers);
});

// Behind a pooler, and after a failover, a server does not know what another one prepared.
test('and so they do in a statement that the server has forgotten', async () => {
  const rows = await pool.run(async (sql) => {
    const select = () => sql`SELECT ${['a"b']}::text[] AS items, ${[7]}::bigint[] AS numbers`;
    await select();
    await sql.unsafe('DEALLOCATE ALL');
    return select();
  });
  expect(rows).toMatchObject([{ items: ['a"b'], numbers: [7] }]);
});
