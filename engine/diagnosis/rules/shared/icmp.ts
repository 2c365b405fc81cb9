// ICMP errors that quoted a packet of the attempt. Numbers: RFC 792, 1122, 1812 and 4443.
import type { IcmpDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import { isOwnAddress } from '../../facts.ts';

export interface Icmp {
  readonly note: EventNote;
  readonly detail: IcmpDetail;
}

const UNREACHABLE_4 = 3;
const TIME_EXCEEDED_4 = 11;
const UNREACHABLE_6 = 1;
const TIME_EXCEEDED_6 = 3;
const FRAGMENTATION_NEEDED = 4;
/** Network, host or any communication administratively prohibited. */
const PROHIBITED_4: ReadonlySet<number> = new Set([9, 10, 13]);
/** Administratively prohibited; failed policy; reject route. */
const PROHIBITED_6: ReadonlySet<number> = new Set([1, 5, 6]);
const PORT_4 = 3;
const PORT_6 = 4;

/** The last one that says that packets do not arrive. */
export function icmpError(facts: Facts): Icmp | null {
  const note = facts.events.findLast(
    ({ kind, detail }) =>
      kind === 'icmp' && detail !== null && tellsUnreachable(detail as IcmpDetail),
  );
  return note ? { note, detail: note.detail as IcmpDetail } : null;
}

/** A path that asks for smaller packets has not failed yet. */
function tellsUnreachable(detail: IcmpDetail): boolean {
  const { version, type, code } = detail;
  if (isTimeExceeded(detail)) return true;
  if (version === 6) return type === UNREACHABLE_6;
  return type === UNREACHABLE_4 && code !== FRAGMENTATION_NEEDED;
}

/** The packet had as many hops behind it as its TTL allows (code 0): in a loop, or it had too few (RFC 792; RFC 4443, 3.3). */
export function isOutOfHops(detail: IcmpDetail): boolean {
  return isTimeExceeded(detail) && detail.code === 0;
}

function isTimeExceeded({ version, type }: IcmpDetail): boolean {
  return type === (version === 6 ? TIME_EXCEEDED_6 : TIME_EXCEEDED_4);
}

/** A filter says that, or a router whose policy is in its routes. */
export function isProhibition({ version, type, code }: IcmpDetail): boolean {
  return version === 6
    ? type === UNREACHABLE_6 && PROHIBITED_6.has(code)
    : type === UNREACHABLE_4 && PROHIBITED_4.has(code);
}

/**
 * What a route of the type prohibit answers with, too: “communication administratively prohibited”
 * (ip_error, net/ipv4/route.c; ip6_pkt_prohibit, net/ipv6/route.c), or ICMPv6 “reject route”.
 */
export function isRoutersProhibition({ version, type, code }: IcmpDetail): boolean {
  return version === 6
    ? type === UNREACHABLE_6 && (code === 1 || code === 6)
    : type === UNREACHABLE_4 && code === 13;
}

/** For a TCP port a host answers with RST; filters answer so unless they are told otherwise. */
export function isPortUnreachable({ version, type, code }: IcmpDetail): boolean {
  return version === 6
    ? type === UNREACHABLE_6 && code === PORT_6
    : type === UNREACHABLE_4 && code === PORT_4;
}

/**
 * Only what forwards a packet says that its network or host cannot be reached (RFC 792; RFC 4443,
 * 3.1): in the name of the destination itself it is of a machine behind it, since NAT puts its own
 * address in (nf_nat_icmp_reply_translation).
 */
export function isBehindPeer(facts: Facts, detail: IcmpDetail): boolean {
  const { version, type, code, from } = detail;
  if (from !== facts.attempt.remoteAddress || isOwnIcmp(facts, detail)) return false;
  if (version === 6) return type === UNREACHABLE_6 && (code === 0 || code === 3);
  return type === UNREACHABLE_4 && (code === 0 || code === 1);
}

/** This machine sent it to itself. */
export function isOwnIcmp({ attempt }: Facts, { from }: IcmpDetail): boolean {
  if (from === attempt.localAddress) return true;
  return isOwnAddress(attempt) && from === attempt.remoteAddress;
}
