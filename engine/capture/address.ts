// Address bytes of a record → text. Fed by engine/lifecycle/ from socket_ident; the text
// is what the session file holds and every screen shows.
import type { CallEventReader, SocketIdentReader } from '../../contract/generated/events.ts';

export type Family = 'ipv4' | 'ipv6';

export interface Address {
  readonly family: Family;
  readonly text: string;
}

const AF_INET6 = 10;
/** Distinct addresses kept as built objects; beyond it the cache starts again (about 10 MB). */
const CACHE_LIMIT = 65_536;

const ipv4Cache = new Map<number, Address>();

/**
 * The address, given in words of four bytes, as text: dotted for IPv4 and for IPv6-mapped IPv4 (whose family then is
 * `ipv4`, since that is what is on the wire), RFC 5952 for IPv6.
 */
export function addressOf(
  family: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
): Address {
  if (family !== AF_INET6) return ipv4(first);
  if (first === 0 && second === 0 && third === 0xffff) return ipv4(fourth);
  return { family: 'ipv6', text: ipv6Text([first, second, third, fourth]) };
}

/** The local address of a record's socket. */
export function localAddress(socket: SocketIdentReader): Address {
  return addressOf(
    socket.family,
    socket.localAddressWord(0),
    socket.localAddressWord(1),
    socket.localAddressWord(2),
    socket.localAddressWord(3),
  );
}

/** The remote address of a record's socket. */
export function remoteAddress(socket: SocketIdentReader): Address {
  return addressOf(
    socket.family,
    socket.remoteAddressWord(0),
    socket.remoteAddressWord(1),
    socket.remoteAddressWord(2),
    socket.remoteAddressWord(3),
  );
}

/** The address that the caller of connect(2) passed. */
export function askedAddress(call: CallEventReader): Address {
  return addressOf(
    call.askedFamily,
    call.askedAddressWord(0),
    call.askedAddressWord(1),
    call.askedAddressWord(2),
    call.askedAddressWord(3),
  );
}

function ipv4(word: number): Address {
  const known = ipv4Cache.get(word);
  if (known) return known;
  if (ipv4Cache.size >= CACHE_LIMIT) ipv4Cache.clear();
  const text = `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
  const address: Address = { family: 'ipv4', text };
  ipv4Cache.set(word, address);
  return address;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of equals. */
function ipv6Text(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let runStart = -1;
  let runLength = 1;
  for (let start = 0; start < groups.length; ) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
    start = Math.max(end, start + 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (runStart < 0) return hex.join(':');
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`;
}
