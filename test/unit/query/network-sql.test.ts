import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inRange, parseRange } from '../../../contract/filter/address.ts';
import { registerAddressFunctions } from '../../../engine/query/address-function.ts';
import { liesIn } from '../../../engine/query/network-sql.ts';

const database = new DatabaseSync(':memory:');
registerAddressFunctions(database);

/** What SQLite finds of one address, through the condition of the filter. */
function foundBySql(address: string, network: string): boolean {
  const range = parseRange(network);
  if (range === null) throw new Error(`${network} is no network`);
  const { text, values } = liesIn('a.address', range);
  const sql = `SELECT count(*) AS n FROM (SELECT ? AS address) a WHERE ${text}`;
  return database.prepare(sql).get(address, ...values)?.['n'] === 1;
}

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet);

test('an IPv4 address lies in a network of any length exactly when its bits say so', () => {
  // An address near the network, so that both answers come about.
  const asked = fc.tuple(
    ipv4,
    fc.integer({ min: 0, max: 31 }),
    fc.integer({ min: 0, max: 31 }),
    octet,
  );
  fc.assert(
    fc.property(asked, ([bytes, bits, flipped, last]) => {
      const near = [...bytes.slice(0, 3), last];
      near[Math.floor(flipped / 8)] = (near[Math.floor(flipped / 8)] ?? 0) ^ (128 >> (flipped % 8));
      const network = `${bytes.join('.')}/${bits}`;
      const range = parseRange(network);
      const address = near.join('.');
      expect(foundBySql(address, network)).toBe(range !== null && inRange(address, range));
      expect(foundBySql(bytes.join('.'), network)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['', '0.0.0.0/0', false],
  ['10::1', '10.0.0.0/8', false],
  ['10::1', '8.0.0.0/5', false],
  ['::', '0.0.0.0/0', false],
  ['10.2.3.4', '::/0', false],
  ['110.0.0.1', '10.0.0.0/8', false],
  ['10.0.0.1', '0.0.0.0/0', true],
  ['2001:db8::1', '2001:db8::/33', true],
  ['2001:db8:8000::1', '2001:db8::/33', false],
])('%s in %s: %s', (address, network, expected) => {
  expect(foundBySql(address, network)).toBe(expected);
});
