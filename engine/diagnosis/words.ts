// Words that the rules share. What they put in comes from programs, kernels and, when a
// stranger's file is read, from strangers: names are cut and made plain, and nothing but a
// number or an address gets into a command.
import { isIP } from 'node:net';
import type { AttemptRow } from '../../contract/attempt.ts';
import { plainText } from '../../contract/plain-text.ts';
import type { Told } from './rule.ts';

export { sayDuration as duration } from '../query/event-text.ts';

const LONGEST_NAME = 120;

/** What to ask after a connect to port 0. */
export const PORT_ZERO =
  'Was the port ever set? An empty setting, a name of a service that is not known and a number that was not read all become 0: the user stack of the call shows the code.';

/** A name as it may stand in a sentence. */
export function shown(text: string): string {
  const plain = plainText(text);
  if (plain.trim() === '') return '(no name)';
  return plain.length <= LONGEST_NAME ? plain : `${plain.slice(0, LONGEST_NAME)}…`;
}

/** `10.0.0.2:443`, `[::1]:443`. */
export function endpoint(address: string, port: number): string {
  const name = shown(address);
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

export function remote({ remoteAddress, remotePort }: AttemptRow): string {
  return remoteAddress === ''
    ? 'an address that is not known'
    : endpoint(remoteAddress, remotePort);
}

export function local({ localAddress, localPort }: AttemptRow): string {
  return localAddress === '' ? 'an address that is not known' : endpoint(localAddress, localPort);
}

/** `curl (pid 812)`. */
export function program(comm: string, pid: number | null): string {
  return pid === null ? shown(comm) : `${shown(comm)} (pid ${pid})`;
}

/** The caller, within a sentence. */
export function who({ comm, pid }: AttemptRow): string {
  return comm === null ? 'an unknown process' : program(comm, pid);
}

/** The caller, where a sentence begins. */
export function whoFirst(row: AttemptRow): string {
  return row.comm === null ? 'An unknown process' : who(row);
}

/** The process of the params `comm` and `pid`. */
export function namedProgram(told: Told, otherwise = 'a process that is not known'): string {
  return told.has('comm')
    ? program(told.text('comm'), told.has('pid') ? told.number('pid') : null)
    : otherwise;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `once`, `twice`, `3 times`. */
export function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

/** An address as it may stand in a command. */
export function host(address: string): string {
  return isIP(address) === 0 ? 'ADDRESS' : address;
}

/** A port as it may stand in a command; null where there is none: nobody has port 0. */
function portIn(port: number): string | null {
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? String(port) : null;
}

/** Part of a filter of tcpdump(8): ` and port 443`; nothing for a port that is none. */
export function filterPort(port: number, words = ' and port'): string {
  const known = portIn(port);
  return known === null ? '' : `${words} ${known}`;
}

/** The argument of ss(8) for a local port: ` 'sport = :443'`; nothing for a port that is none. */
export function sport(port: number): string {
  const known = portIn(port);
  return known === null ? '' : ` 'sport = :${known}'`;
}

/** The same for a port of either end. */
export function eitherPort(port: number): string {
  const known = portIn(port);
  return known === null ? '' : ` '( sport = :${known} or dport = :${known} )'`;
}

/** Tries the address by hand; null for a port that is none. */
export function tryCommand(address: string, port: number, options = '-vz'): string | null {
  const known = portIn(port);
  return known === null ? null : `nc ${options} ${host(address)} ${known}`;
}

/** The remote end for a filter of ss(8): `10.0.0.2:443`, `[::1]:443`; the address alone for a port that is none. */
export function socketFilter({ remoteAddress, remotePort }: AttemptRow): string {
  const address = host(remoteAddress);
  const port = portIn(remotePort);
  const name = address.includes(':') ? `[${address}]` : address;
  return port === null ? name : `${name}:${port}`;
}

/** `ip -6` where the address asks for it. */
export function ipCommand(address: string): string {
  return isIP(address) === 6 ? 'ip -6' : 'ip';
}
