// IP addresses as text: reading them, networks like 10.0.0.0/8, and membership. Used by
// the filter parser and by the SQL function that engine/query/ registers.

/** A network, or one address when `bits` is the whole length. `bytes` has 4 or 16, host bits zero. */
export interface AddressRange {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    bytes.push(Number(part));
  }
  return bytes;
}

/** The 16-bit groups of one side of `::`, an IPv4 tail counting as two. */
function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const tail = parseIpv4(part);
      if (tail === null) return null;
      groups.push(((tail[0] ?? 0) << 8) | (tail[1] ?? 0), ((tail[2] ?? 0) << 8) | (tail[3] ?? 0));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function parseIpv6(text: string): number[] | null {
  if (text.length > 45) return null;
  const sides = text.split('::');
  if (sides.length > 2) return null;
  const left = parseGroups(sides[0] ?? '');
  const right = sides.length === 2 ? parseGroups(sides[1] ?? '') : [];
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...left, ...Array<number>(missing).fill(0), ...right];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 &&
    bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255
  );
}

/** 4 or 16 bytes of an address; an IPv4-mapped IPv6 address gives its 4. Null when it is none. */
export function parseAddress(text: string): readonly number[] | null {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes !== null && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** `10.0.0.1`, `10.0.0.0/8`, `fe80::/10`. Null when it is neither address nor network. */
export function parseRange(text: string): AddressRange | null {
  const [address = '', suffix, ...rest] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === null || rest.length > 0) return null;
  const whole = bytes.length * 8;
  if (suffix === undefined) return { bytes, bits: whole };
  if (!/^\d{1,3}$/.test(suffix)) return null;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8 said in the longer way.
  const bits = Number(suffix) - (bytes.length === 4 && address.includes(':') ? 96 : 0);
  if (bits < 0 || bits > whole) return null;
  return { bytes: bytes.map((byte, index) => byte & maskOf(bits, index)), bits };
}

function maskOf(bits: number, index: number): number {
  const left = Math.min(8, Math.max(0, bits - index * 8));
  return (0xff << (8 - left)) & 0xff;
}

/** Whether an address lies in a network. False for text that is no address. */
export function inRange(address: string, range: AddressRange): boolean {
  const bytes = parseAddress(address);
  if (bytes === null || bytes.length !== range.bytes.length) return false;
  return bytes.every((byte, index) => (byte & maskOf(range.bits, index)) === range.bytes[index]);
}

/** `10.0.0.0/8` again; an address alone without its length. IPv6 in the form of RFC 5952. */
export function formatRange(range: AddressRange): string {
  const address = range.bytes.length === 4 ? range.bytes.join('.') : formatIpv6(range.bytes);
  return range.bits === range.bytes.length * 8 ? address : `${address}/${range.bits}`;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: readonly number[]): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0),
  );
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}
