// What SQLite does not know of addresses: whether one lies in a network, and which comes
// first. Registered on every connection that engine/query/ reads with; compile.ts and
// order-cache.ts call them.
import type { DatabaseSync } from 'node:sqlite';
import { type AddressRange, inRange, parseRange } from '../../contract/filter/address.ts';
import { addressKey, ipv4Number } from './sort-keys.ts';

function ipv4InRange(text: string, range: AddressRange): boolean {
  const number = ipv4Number(text);
  if (number < 0) return false;
  const first = range.bytes.reduce((value, byte) => value * 256 + byte, 0);
  return number >= first && number < first + 2 ** (32 - range.bits);
}

/** Registers `address_in(address, network)` and `address_key(address)`, by which addresses compare. */
export function registerAddressFunctions(database: DatabaseSync): void {
  let known: { text: string; range: AddressRange | null } = { text: '', range: null };
  const addressIn = (address: unknown, network: unknown): number => {
    const text = String(network);
    if (known.text !== text) known = { text, range: parseRange(text) };
    const { range } = known;
    if (range === null) return 0;
    const inside = range.bytes.length === 4 ? ipv4InRange : inRange;
    return inside(String(address), range) ? 1 : 0;
  };
  database.function('address_in', { deterministic: true, directOnly: true }, addressIn);
  database.function('address_key', { deterministic: true, directOnly: true }, (address: unknown) =>
    typeof address === 'string' ? addressKey(address) : null,
  );
}
