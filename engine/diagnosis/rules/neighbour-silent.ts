// Nobody on the link answers for the next hop: ARP (IPv4) or neighbour discovery (IPv6).
import type { DropDetail, IcmpDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { host, ipCommand, remote, shown, who } from '../words.ts';
import { dropsOf, netfilterDrops } from './shared/drops.ts';
import { icmpError, isOwnIcmp } from './shared/icmp.ts';
import { isLinkLocal } from './shared/link-local.ts';
import { hasWaited } from './shared/syns.ts';

const CLOSE = 7;
const SOURCELESS =
  'An IPv6 address is tentative for a second or two after it was set, and stays unusable where another machine has it, too: `ip -6 address show` says tentative or dadfailed. Start the program later, or let it try again.';
const OUTCOMES: ReadonlySet<string> = new Set(['unreachable', 'timed-out', 'abandoned']);

export const neighbourSilent: Rule = {
  id: 'neighbour-silent',
  title: 'neighbour is silent',
  match(facts) {
    if (!OUTCOMES.has(facts.attempt.outcome)) return null;
    const neighbour = facts.context('neighbour');
    const drops = dropsOf(facts, isNeighbourDrop);
    const icmp = icmpError(facts);
    const own = icmp !== null && isOwnIcmp(facts, icmp.detail);
    const onLink = isOnLink(facts, own ? icmp.detail : null);
    if (!drops && !onLink && !isSilent(neighbour?.detail.state)) return null;
    if (icmp && !own) return null;
    const told = facts.error === 'EHOSTUNREACH';
    if (!told && !drops && !onLink && !hasWaited(facts)) return null;
    const sourceless = isSourceless(facts);
    return found(
      !sourceless && told && (drops || neighbour?.detail.state === 'FAILED') ? 'certain' : 'likely',
      {
        neighbour,
        drop: drops?.note,
        icmp: icmp?.note,
        end: told ? facts.change(null, CLOSE) : null,
      },
      {
        address: neighbour?.detail.address ?? (onLink ? facts.attempt.remoteAddress : null),
        device: neighbour?.detail.device,
        state: neighbour?.detail.state,
        bound: facts.context('route')?.detail.bound,
        deviceState: neighbour?.detail.deviceState,
        sourceless: sourceless || null,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const address = told.has('address') ? shown(told.text('address')) : null;
    const gateway = address !== null && address !== row.remoteAddress;
    const hop = address === null ? 'the next hop' : gateway ? `the gateway ${address}` : address;
    const device = told.has('device') ? ` on ${shown(told.text('device'))}` : '';
    const asked = row.family === 'ipv6' ? 'neighbour discovery' : 'ARP';
    const silent = `${hop} does not answer ${asked}${device}`;
    return {
      sentence: told.flag('sourceless')
        ? `No answer can come from ${remote(row)} to ${who(row)}: its own address is ::1, as no address of this machine could be used (tentative, or missing). ${silent[0]?.toUpperCase()}${silent.slice(1)}.`
        : `The packets of ${who(row)} to ${remote(row)} never left this link: ${told.has('deviceState') ? `the interface${device.slice(3)} ${sayState(told)}, so that ` : ''}${silent}.`,
      claims: [
        {
          text: `the neighbour table had ${hop} as ${shown(told.text('state'))}${device}`,
          event: 'neighbour',
        },
        {
          text: 'the kernel threw a packet away because the neighbour did not answer',
          event: 'drop',
        },
        { text: 'the kernel told the socket by an ICMP error of its own', event: 'icmp' },
        { text: 'the socket was closed with EHOSTUNREACH', event: 'end' },
      ],
      next: [
        ...(told.flag('sourceless') ? [SOURCELESS] : []),
        ...(told.has('deviceState') ? [sayLink(told)] : []),
        gateway
          ? 'Is the gateway up, and on this network? Nothing beyond it can be reached either.'
          : 'Is the machine switched on, and has it this address? A wrong netmask makes distant machines look like neighbours.',
        ...(told.has('bound') ? [sayBound(told)] : []),
        'Does the cable, VLAN, Wi-Fi or bridge connect the two? Does anything else on that link answer?',
      ],
      command: `${ipCommand(row.remoteAddress)} neighbour show ${host(address ?? row.remoteAddress)}`,
    };
  },
};

/** `has no carrier` */
function sayState(told: Told): string {
  return told.text('deviceState', '') === 'down' ? 'is down' : 'has no carrier';
}

function sayLink(told: Told): string {
  return told.text('deviceState', '') === 'down'
    ? 'The interface is down: `ip link set DEVICE up`, or ask who took it down.'
    : 'Is the cable plugged in, and is its other end up (the switch, the peer of a veth pair)? Without a carrier nobody can answer.';
}

/** With no better address, ipv6_dev_get_saddr takes that of lo, to which nobody else can answer. */
function isSourceless({ attempt, peerIsLocal }: Facts): boolean {
  return attempt.localAddress === '::1' && !peerIsLocal;
}

/**
 * As ip_route_output_key_hash_rcu has it (net/ipv4/route.c): what no table knows is on the link. The
 * kernel's own ICMP error comes by way of lo, where such a socket is not looked for.
 */
function sayBound(told: Told): string {
  const bound = shown(told.text('bound'));
  if (isLinkLocal(told.row.remoteAddress)) {
    return `The socket goes through ${bound} (the scope of the address, or SO_BINDTODEVICE). Is it the right interface?`;
  }
  if (told.row.family === 'ipv6') {
    return `The socket is bound to ${bound} (SO_BINDTODEVICE), so only routes of that interface count. Is it the right interface?`;
  }
  return `The socket is bound to ${bound} (SO_BINDTODEVICE), so only routes of that interface count; without one the kernel takes any IPv4 address to be on its link. Such a socket is not told that nobody answers, and waits. Is it the right interface?`;
}

/**
 * A link-local address has no router on the way to it, and the neighbour table was not asked where
 * its interface was not known. “Address unreachable” of this machine itself is then what the kernel
 * says when solicitations went unanswered (ndisc_error_report, net/ipv6/ndisc.c), or a filter.
 */
function isOnLink(facts: Facts, own: IcmpDetail | null): boolean {
  const { remoteAddress } = facts.attempt;
  if (!own || facts.peerIsLocal || !isLinkLocal(remoteAddress)) return false;
  const unreachable = own.version === 6 && own.type === 1 && own.code === 3;
  return unreachable && netfilterDrops(facts) === null;
}

function isNeighbourDrop({ reason }: DropDetail): boolean {
  return reason === 'NEIGH_FAILED' || reason === 'NEIGH_QUEUEFULL';
}

function isSilent(state: string | undefined): boolean {
  return state === 'FAILED' || state === 'INCOMPLETE';
}
