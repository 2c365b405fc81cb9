// A router, or the destination, said by ICMP that packets do not arrive; or the socket got
// the error of such a message without its being seen.
import type { ErrorDetail, StateDetail } from '../../session/detail.ts';
import type { EventNote, Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { endpoint, host, remote, shown, who, whoFirst } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { icmpError, isBehindPeer, isOutOfHops, isOwnIcmp } from './shared/icmp.ts';
import { isUnanswered, synClaims, synFacts } from './shared/syns.ts';

const CLOSE = 7;

/** What follows “time exceeded”. */
const EXPIRED =
  '. The packet ran out of hops on its way: routers send it round in a loop, or the socket gave it a small TTL (IP_TTL, IPV6_UNICAST_HOPS)';
const EXPIRED_NEXT = [
  'Do the same routers come again and again? Then two of them each take the other for the next hop: compare their routes.',
  'If the path ends well: did the program set IP_TTL, or is net.ipv4.ip_default_ttl (64), net.ipv6.conf.*.hop_limit small?',
];

const BEHIND_NEXT = [
  'Where does the NAT lead to: a container, virtual machine or server that is gone? A published port or service may still name its old address.',
  'On the machine with the NAT: `nft list ruleset` (or `iptables-save -t nat`) shows its rule, `ip neighbour` whether that address answers on its link.',
  'A firewall that rejects with `icmp host-unreachable` looks the same from here.',
];

export const unreachable: Rule = {
  id: 'unreachable',
  title: 'unreachable',
  match(facts) {
    const { outcome } = facts.attempt;
    if (outcome !== 'unreachable' && !isUnanswered(facts)) return null;
    const icmp = icmpError(facts);
    const soft = icmp ? null : softError(facts);
    if (outcome !== 'unreachable' && !icmp && !soft) return null;
    const connected = wasConnected(facts);
    const { events, params } = synFacts(facts);
    const behind = icmp !== null && isBehindPeer(facts, icmp.detail);
    const conntrack = behind ? facts.context('conntrack') : null;
    const led = conntrack?.detail.translated ? conntrack : null;
    return found(
      icmp && !behind && outcome === 'unreachable' ? 'certain' : 'likely',
      {
        icmp: icmp?.note,
        led,
        soft: soft?.note,
        end: outcome === 'unreachable' ? facts.change(null, CLOSE) : null,
        ...(connected ? {} : events),
      },
      {
        ...(connected ? {} : params),
        from: icmp?.detail.from,
        own: icmp ? isOwnIcmp(facts, icmp.detail) : null,
        behind: behind || null,
        to: led?.detail.reply.source,
        toPort: led?.detail.reply.sourcePort,
        expired: icmp && isOutOfHops(icmp.detail) ? true : null,
        meaning: icmp?.detail.meaning,
        type: icmp?.detail.type,
        code: icmp?.detail.code,
        soft: soft?.name,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const behind = told.flag('behind');
    const seen = told.has('meaning');
    const from = shown(told.text('from', 'a router'));
    const meaning = shown(told.text('meaning', 'unreachable'));
    const numbers = `type ${told.number('type')}, code ${told.number('code')}`;
    const error = shown(told.text('soft', row.error ?? 'an error'));
    const sayer = told.flag('own')
      ? 'this machine itself'
      : from === row.remoteAddress
        ? `${from} itself`
        : from;
    return {
      sentence: behind
        ? `${whoFirst(row)} was told by ICMP that ${remote(row)} cannot be reached: ${meaning}. ${sayBehind(told)}`
        : seen
          ? `${sayer === 'this machine itself' ? 'This machine itself' : sayer} told ${who(row)} by ICMP that ${remote(row)} cannot be reached: ${meaning}${told.flag('expired') ? EXPIRED : ''}.`
          : `The kernel of ${who(row)} was told that ${remote(row)} cannot be reached (${error}): by an ICMP message, or by a lost route or neighbour.`,
      claims: [
        { text: `ICMP “${meaning}” (${numbers}) came from ${from}`, event: 'icmp' },
        { text: `NAT leads the connection to ${sayLed(told)}`, event: 'led' },
        { text: `the socket noted ${error} and went on trying`, event: 'soft' },
        { text: `the socket was closed with ${row.error ?? 'this error'}`, event: 'end' },
        ...(row.connectMs === null ? synClaims(told) : []),
      ],
      next: told.flag('expired')
        ? EXPIRED_NEXT
        : behind
          ? BEHIND_NEXT
          : [
              seen && !told.flag('own')
                ? `Start at ${from}: it had the packet, and knew no way on. Has it a route, and does its next hop answer?`
                : 'Look where the way ends: the last machine that answers is the one before the trouble.',
              'Does the destination exist, and have other networks a way to it?',
            ],
      command: `tracepath -n ${host(behind ? told.text('to', row.remoteAddress) : row.remoteAddress)}`,
    };
  },
};

function sayLed(told: Told): string {
  return endpoint(told.text('to'), told.number('toPort'));
}

/** Why the destination did not say it. */
function sayBehind(told: Told): string {
  const why = told.has('to')
    ? `NAT leads the connection to ${sayLed(told)}, and that one is not reached`
    : 'NAT may lead the connection on to another address that is not reached, or a rule of its firewall says so';
  return `The message bears the address of the destination, and no host says this of itself: ${why}.`;
}

/** The last error that the socket noted without giving up. */
function softError(facts: Facts): { note: EventNote; name: string } | null {
  for (let i = facts.events.length - 1; i >= 0; i--) {
    const note = facts.events[i] as EventNote;
    if (note.kind !== 'error' && note.kind !== 'state') continue;
    const name = (note.detail as StateDetail & ErrorDetail)?.softError;
    if (typeof name === 'string') return { note, name };
  }
  return null;
}
