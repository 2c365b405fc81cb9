// What SQLite does not know of addresses: whether one lies in a network, and which comes
// first. Registered on every connection that engine/query/ reads with; network-sql.ts and
// order-cache.ts call them.
import type { DatabaseSync } from 'node:sqlite';
import { type AddressRange, inRange, parseRange } from '../../contract/filter/address.ts';
import { addressKey } from './sort-keys.ts';

/** Registers `address_in(address, network)` and `address_key(address)`, by which addresses compare. */
export function registerAddressFunctions(database: DatabaseSync): void {
  let known: { text: string; range: AddressRange | null } = { text: '', range: null };
  const addressIn = (address: unknown, network: unknown): number => {
    const text = String(network);
    if (known.text !== text) known = { text, range: parseRange(text) };
    const { range } = known;
    if (range === null) return 0;
    return inRange(String(address), range) ? 1 : 0;
  };
  database.function('address_in', { deterministic: true, directOnly: true }, addressIn);
  database.function('address_key', { deterministic: true, directOnly: true }, (address: unknown) =>
    typeof address === 'string' ? addressKey(address) : null,
  );
}
