// RST of this machine's own kernel: nothing listens there.
import type { ListenerContext } from '../context.ts';
import { found, type Rule, type Telling, type Told } from '../rule.ts';
import { PORT_ZERO, remote, shown, sport, who, whoFirst } from '../words.ts';
import { NAT_CLAIM, natSteps, sayUnlessNat } from './shared/nat.ts';

const CLOSE = 7;
/** Other addresses that a sentence names. */
const NAMED = 4;
/** It was not asked. */
const NONE: ListenerContext = { about: 'listener', listeners: 0, pid: null, comm: null };

export const refusedNoListener: Rule = {
  id: 'refused-no-listener',
  title: 'nobody listens',
  match(facts) {
    if (facts.attempt.outcome !== 'refused' || !facts.peerIsLocal) return null;
    const listener = facts.context('listener');
    const told = listener?.detail ?? NONE;
    const { listeners, elsewhere, ended, ipv6Only, device, maybeIpv6Only } = told;
    if (listeners > 0 && !maybeIpv6Only) return null;
    const reset = facts.first('reset-received') ?? facts.change(null, CLOSE);
    const nat = facts.attempt.remotePort === 0 ? null : facts.context('nat');
    const params = {
      nat: nat ? true : null,
      elsewhere: named(elsewhere),
      ended: named(ended),
      ipv6Only: ipv6Only ?? null,
      device: device ?? null,
      maybe: maybeIpv6Only ?? null,
    };
    if (maybeIpv6Only) return found('possible', { reset, maybe: listener, nat }, params);
    const proof = { reset, listener, nat, ...(ipv6Only && { only: listener }) };
    // Through which device the SYN came is not recorded.
    const own = listener !== null && (device === undefined || ipv6Only === true);
    // The entry of the tracking is gone by now (engine/context/nat.ts).
    const sure = own && nat === null;
    return found(sure ? 'certain' : 'likely', proof, params);
  },
  tell(told) {
    const { row } = told;
    const where = remote(row);
    if (row.remotePort === 0) return tellPortZero(told);
    return {
      sentence: told.flag('maybe')
        ? `The connection of ${who(row)} to ${where} was refused by this machine itself: the listener on :: may take IPv6 only (IPV6_V6ONLY), or a firewall rule answered with a RST; which of both could not be asked.`
        : `Nothing listened on ${where}: this machine's own kernel answered ${who(row)} with a RST${sayOthers(told)}${sayEnded(told)}${sayUnlessNat(told)}.`,
      claims: [
        { text: 'the SYN was answered by a RST', event: 'reset' },
        { text: `no process listened on ${where}`, event: 'listener' },
        { text: 'the listener on :: takes IPv6 only (IPV6_V6ONLY)', event: 'only' },
        { text: 'a process listened on ::', event: 'maybe' },
        NAT_CLAIM,
      ],
      next: [...nextSteps(told), ...natSteps(told)],
      // Only with -e it says v6only.
      command: `ss -ltnp${told.flag('maybe') || told.flag('ipv6Only') ? 'e' : ''}${sport(row.remotePort)}`,
    };
  },
};

function named(addresses: readonly string[] = []): string | null {
  return addresses.length === 0 ? null : addresses.slice(0, NAMED).join(', ');
}

/** Listeners that had the port, and are gone. */
function sayEnded(told: Told): string {
  if (!told.has('ended')) return '';
  const also = told.has('elsewhere') ? ' as well' : '';
  return `; port ${told.row.remotePort} had a listener on ${shown(told.text('ended'))}${also}, which has ended meanwhile`;
}

/** Listeners that have the port, and why they did not answer. */
function sayOthers(told: Told): string {
  if (!told.has('elsewhere')) return '';
  const others = shown(told.text('elsewhere'));
  const but = `; port ${told.row.remotePort} has a listener, but only on ${others}`;
  const ipv6 = told.flag('ipv6Only') ? 'takes IPv6 only (IPV6_V6ONLY)' : null;
  const device = told.has('device') ? `is bound to the device ${shown(told.text('device'))}` : null;
  const why = [ipv6, device].filter((each) => each !== null).join(' or ');
  return `${but}, which ${why === '' ? 'does not answer for this address' : why}`;
}

function nextSteps(told: Told): string[] {
  if (told.flag('maybe')) {
    return [
      'Does `ss -ltne` say v6only:1 of the listener? Then let the service listen on 0.0.0.0 as well (nginx: `listen 80;` beside `listen [::]:80;`).',
      'If not: `nft list ruleset` (or `iptables-save -c`) shows the rule with `reject` whose counter rises.',
    ];
  }
  if (told.flag('ipv6Only')) {
    return [
      'Let the service listen on 0.0.0.0 as well (nginx: `listen 80;` beside `listen [::]:80;`), or without IPV6_V6ONLY; or connect to its IPv6 address.',
    ];
  }
  if (told.has('device')) {
    return ['Connect through that device, or let the service listen without SO_BINDTODEVICE.'];
  }
  return told.has('elsewhere')
    ? [
        `Connect to ${shown(told.text('elsewhere'))}, or let the service listen on this address too (0.0.0.0 and :: mean all).`,
        'A name such as localhost stands for both 127.0.0.1 and ::1: a service may listen on one only.',
      ]
    : [
        ...(told.has('ended')
          ? [
              'A name such as localhost stands for both 127.0.0.1 and ::1: a service may listen on one only.',
            ]
          : []),
        'Is the service started, and on this port, in this network namespace?',
      ];
}

/** No socket has it: bind(2) takes 0 for "any free port" (inet_csk_get_port). */
function tellPortZero({ row }: Told): Telling {
  return {
    sentence: `${whoFirst(row)} asked for ${remote(row)}, and port 0 is no port that anybody can listen on: this machine's own kernel answered with a RST.`,
    claims: [{ text: 'the SYN was answered by a RST', event: 'reset' }],
    next: [PORT_ZERO],
    command: null,
  };
}
