// A filter answered in the place of the destination: ICMP that only filters send, or a RST
// while this machine threw the packet away or has a listener there.
import type { Facts } from '../facts.ts';
import { type Finding, found, type Rule } from '../rule.ts';
import { remote, shown, who } from '../words.ts';
import { netfilterDrops, rulesetCommand, sayNamespace } from './shared/drops.ts';
import {
  type Icmp,
  icmpError,
  isOwnIcmp,
  isPortUnreachable,
  isProhibition,
  isRoutersProhibition,
} from './shared/icmp.ts';

const CLOSE = 7;
const A_RST = 'a RST';
const UNREACHABLE = 'unreachable';
const SYN_SENT = 2;
const OUTCOMES: ReadonlySet<string> = new Set(['refused', 'unreachable', 'failed', 'reset']);

const ROUTER =
  'On a router of Linux: `ip route get ADDRESS from YOURS iif DEVICE` tells whether it is its route; `nft list ruleset`, whether a rule counts the packet.';

export const rejectedByFirewall: Rule = {
  id: 'rejected-by-firewall',
  title: 'rejected by a firewall',
  match(facts) {
    if (!OUTCOMES.has(facts.attempt.outcome)) return null;
    const icmp = icmpError(facts);
    return (
      withDrop(facts, icmp) ??
      (icmp ? byIcmp(facts, icmp) : (besidesListener(facts) ?? byErrorAlone(facts)))
    );
  },
  tell(told) {
    const { row } = told;
    const answer = shown(told.text('answer', A_RST));
    const place = told.text('place', '');
    const from = shown(told.text('from', 'a firewall'));
    // A route of the type prohibit answers with the same message as most filters (ip_error, net/ipv4/route.c).
    const routed = place === 'path' && told.flag('prohibited');
    const by = told.flag('beside')
      ? 'a firewall rule of this machine, or nobody where a NAT rule of it led them,'
      : place === 'local'
        ? `a firewall rule of this machine${sayNamespace(told)}`
        : !told.has('from')
          ? 'a firewall'
          : place === 'peer'
            ? `the firewall of ${from} itself`
            : `${from}, ${routed ? 'a firewall on the way or a router with a `prohibit` route,' : 'a firewall on the way,'}`;
    const said = answer === A_RST ? A_RST : `ICMP “${answer}”`;
    return {
      sentence: `The packets of ${who(row)} to ${remote(row)} were rejected: ${by} answered them with ${said}.`,
      claims: [
        { text: 'this machine’s netfilter threw the packet away', event: 'drop' },
        { text: `${from} answered with ICMP “${answer}”`, event: 'icmp' },
        { text: 'a RST came as the answer', event: 'reset' },
        { text: `the connection ended with ${row.error ?? 'an error'}`, event: 'end' },
        { text: `a process listened on ${remote(row)} all the same`, event: 'listener' },
      ],
      next:
        place === 'local'
          ? [
              'Which rule is it? `nft list ruleset` (or `iptables-save -c`) shows the one with `reject` whose counter rises.',
              'Look in the network namespace of the process, too: containers have rules of their own.',
              'A `redirect` or `dnat` rule to a port where nobody listens looks the same.',
            ]
          : [
              `Ask who runs ${told.has('from') ? from : 'the firewalls on the way'} whether this destination and port are allowed from here.`,
              ...(routed ? [ROUTER] : []),
              'Does it work from another machine or network? Then the rule is about the source address.',
            ],
      command: place === 'local' ? rulesetCommand(told) : null,
    };
  },
};

/** The rule that rejects also throws the packet away. */
function withDrop(facts: Facts, icmp: Icmp | null): Finding | null {
  const { outcome } = facts.attempt;
  if (outcome === 'failed' && !icmp) return null;
  const drops = netfilterDrops(facts);
  if (!drops) return null;
  const reset = facts.first('reset-received');
  const answer = icmp ? icmp.detail.meaning : outcome === 'unreachable' ? UNREACHABLE : A_RST;
  return found(
    outcome === 'reset' ? 'possible' : icmp || reset ? 'certain' : 'likely',
    { drop: drops.note, icmp: icmp?.note, reset },
    { place: 'local', answer, netns: drops.detail.netns },
  );
}

function byIcmp(facts: Facts, { note, detail }: Icmp): Finding | null {
  const prohibited = isProhibition(detail);
  if (!prohibited && !isPortUnreachable(detail)) return null;
  const place = isOwnIcmp(facts, detail)
    ? 'local'
    : detail.from === facts.attempt.remoteAddress
      ? 'peer'
      : 'path';
  const mayBeRoute = place === 'path' && isRoutersProhibition(detail);
  return found(
    prohibited && !mayBeRoute ? 'certain' : 'likely',
    { icmp: note },
    { place, from: detail.from, answer: detail.meaning, prohibited: mayBeRoute || null },
  );
}

/** Somebody listens at this address of ours, and the answer was a RST. */
function besidesListener(facts: Facts): Finding | null {
  if (facts.attempt.outcome !== 'refused' || !facts.peerIsLocal) return null;
  const listener = facts.context('listener');
  if (!listener || listener.detail.listeners === 0) return null;
  // Told by refused-no-listener, with both causes.
  if (listener.detail.maybeIpv6Only) return null;
  const reset = facts.first('reset-received') ?? facts.change(null, CLOSE);
  return found('possible', { reset, listener }, { place: 'local', answer: A_RST, beside: true });
}

/** EACCES while connecting: only ICMPv6 “administratively prohibited” and its like do that. */
function byErrorAlone(facts: Facts): Finding | null {
  if (facts.error !== 'EACCES' || facts.attempt.family !== 'ipv6') return null;
  const end = facts.change(SYN_SENT, CLOSE);
  if (!end || end.errno === 0) return null;
  return found('likely', { end }, { answer: 'administratively prohibited' });
}
