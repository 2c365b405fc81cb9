// Nobody on the link answers for the next hop: ARP (IPv4) or neighbour discovery (IPv6).
import type { DropDetail } from '../../session/detail.ts';
import { found, type Rule } from '../rule.ts';
import { host, ipCommand, remote, shown, who } from '../words.ts';
import { dropsOf } from './shared/drops.ts';
import { icmpError, isOwnIcmp } from './shared/icmp.ts';
import { hasWaited } from './shared/syns.ts';

const CLOSE = 7;
const OUTCOMES: ReadonlySet<string> = new Set(['unreachable', 'timed-out', 'abandoned']);

export const neighbourSilent: Rule = {
  id: 'neighbour-silent',
  title: 'neighbour is silent',
  match(facts) {
    if (!OUTCOMES.has(facts.attempt.outcome)) return null;
    const neighbour = facts.context('neighbour');
    const drops = dropsOf(facts, isNeighbourDrop);
    if (!drops && !isSilent(neighbour?.detail.state)) return null;
    const icmp = icmpError(facts);
    if (icmp && !isOwnIcmp(facts, icmp.detail)) return null;
    const told = facts.error === 'EHOSTUNREACH';
    if (!told && !drops && !hasWaited(facts)) return null;
    return found(
      told && (drops || neighbour?.detail.state === 'FAILED') ? 'certain' : 'likely',
      {
        neighbour,
        drop: drops?.note,
        icmp: icmp?.note,
        end: told ? facts.change(null, CLOSE) : null,
      },
      {
        address: neighbour?.detail.address,
        device: neighbour?.detail.device,
        state: neighbour?.detail.state,
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
    return {
      sentence: `The packets of ${who(row)} to ${remote(row)} never left this link: ${hop} does not answer ${asked}${device}.`,
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
        gateway
          ? 'Is the gateway up, and on this network? Nothing beyond it can be reached either.'
          : 'Is the machine switched on, and has it this address? A wrong netmask makes distant machines look like neighbours.',
        'Does the cable, VLAN, Wi-Fi or bridge connect the two? Does anything else on that link answer?',
      ],
      command: `${ipCommand(row.remoteAddress)} neighbour show ${host(address ?? row.remoteAddress)}`,
    };
  },
};

function isNeighbourDrop({ reason }: DropDetail): boolean {
  return reason === 'NEIGH_FAILED' || reason === 'NEIGH_QUEUEFULL';
}

function isSilent(state: string | undefined): boolean {
  return state === 'FAILED' || state === 'INCOMPLETE';
}
