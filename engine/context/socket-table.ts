// /proc/net/tcp and tcp6: the sockets of a network namespace as the kernel prints them, TIME_WAIT
// included. Looked for as text first, since a table may have a hundred thousand lines. Used by
// ports.ts, collision.ts, holder.ts and listener.ts.
import { endianness } from 'node:os';
import { formatRange, parseAddress } from '../../contract/filter/address.ts';

export interface SocketLine {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The kernel's number (include/net/tcp_states.h). */
  readonly state: number;
}

const LITTLE = endianness() === 'LE';
/** ::ffff:0:0 as tcp6 prints its first three words. */
const MAPPED = LITTLE ? '0000000000000000FFFF0000' : '00000000000000000000FFFF';
const LINE = /^\s*\d+: ([\dA-F]+):([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) ([\dA-F]{2}) /;

/** The kernel prints addresses in words of four bytes, each as a number of the machine. */
function swapWords(bytes: readonly number[]): number[] {
  if (!LITTLE) return [...bytes];
  return bytes.map((_, index) => bytes[(index & ~3) + 3 - (index & 3)] ?? 0);
}

function hexOf(address: string): string | null {
  const bytes = parseAddress(address);
  if (bytes === null) return null;
  const hex = swapWords(bytes).map((byte) => byte.toString(16).padStart(2, '0'));
  return hex.join('').toUpperCase();
}

function addressOf(hex: string): string {
  const short = hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : hex;
  const bytes = swapWords(Array.from(Buffer.from(short, 'hex')));
  return formatRange({ bytes, bits: bytes.length * 8 });
}

function portHex(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase();
}

/** Null for a line that is no socket: the heading. */
export function parseSocketLine(line: string): SocketLine | null {
  const [, local, localPort = '', remote, remotePort = '', state = ''] = LINE.exec(line) ?? [];
  if (local === undefined || remote === undefined) return null;
  return {
    localAddress: addressOf(local),
    localPort: Number.parseInt(localPort, 16),
    remoteAddress: addressOf(remote),
    remotePort: Number.parseInt(remotePort, 16),
    state: Number.parseInt(state, 16),
  };
}

/** A file of the table and what the lines in it have. */
export interface TableSearch {
  readonly file: 'tcp' | 'tcp6';
  readonly needles: readonly string[];
}

function inTables(address: string, needle: (hex: string) => string): TableSearch[] {
  const hex = hexOf(address);
  if (hex === null) return [];
  if (hex.length > 8) return [{ file: 'tcp6', needles: [needle(hex)] }];
  // An IPv6 socket may be connected over IPv4.
  return [
    { file: 'tcp', needles: [needle(hex)] },
    { file: 'tcp6', needles: [needle(MAPPED + hex)] },
  ];
}

/** Where sockets with this remote end are; lines of its local end are among them. */
export function towards(address: string, port: number): TableSearch[] {
  return inTables(address, (hex) => ` ${hex}:${portHex(port)} `);
}

/** Where the socket between two ends is. */
export function between(
  local: { readonly address: string; readonly port: number },
  remote: { readonly address: string; readonly port: number },
): TableSearch[] {
  const remoteHex = hexOf(remote.address);
  if (remoteHex === null) return [];
  return inTables(local.address, (hex) => {
    const prefix = hex.length > remoteHex.length ? MAPPED : '';
    return ` ${hex}:${portHex(local.port)} ${prefix}${remoteHex}:${portHex(remote.port)} `;
  });
}

/** Where those that listen on a port are. They come first in a table. */
export function listeningOn(port: number): TableSearch[] {
  const nobody = (words: number) => `:${portHex(port)} ${'00000000'.repeat(words)}:0000 0A `;
  return [
    { file: 'tcp', needles: [nobody(1)] },
    { file: 'tcp6', needles: [nobody(4)] },
  ];
}

/** Where sockets with this local port are; lines with it as their remote port are among them. */
export function onPort(port: number): TableSearch[] {
  const needles = [`:${portHex(port)} `];
  return [
    { file: 'tcp', needles },
    { file: 'tcp6', needles },
  ];
}
