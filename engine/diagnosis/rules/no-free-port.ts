// Every local port that the kernel may choose is in use towards that destination.
import { CLOSE, SYN_SENT } from '../../lifecycle/tcp-state.ts';
import type { PortsContext } from '../context.ts';
import type { Facts } from '../facts.ts';
import { type Finding, found, type Rule, type Telling, type Told } from '../rule.ts';
import { plural, remote, shown, socketFilter, whoFirst } from '../words.ts';
import {
  callClaim,
  callName,
  callParams,
  enteredSynSent,
  type FailedCall,
  failedCall,
} from './shared/failed-call.ts';

/** Holders that a sentence names. */
const NAMED = 3;
/** Ports come and go between the failure and the question. */
const NEARLY_ALL = 0.9;

export const noFreePort: Rule = {
  id: 'no-free-port',
  title: 'no free local port',
  match(facts) {
    const { error } = facts;
    if (error === '') return withoutResult(facts);
    if (error !== 'EADDRNOTAVAIL' && error !== 'EADDRINUSE') return null;
    const call = failedCall(facts);
    if (!call) return null;
    const ports = facts.context('ports');
    const full = ports !== null && isFull(ports.detail);
    const certain =
      error === 'EADDRINUSE' ? bindsAny(call) || null : isPortSearch(facts, call, full);
    if (certain === null) return null;
    const narrow = ports !== null && !full;
    return found(
      (certain || full) && !narrow ? 'certain' : 'likely',
      { call: call.note, ports },
      { ...callParams(call), ...(ports && portParams(ports.detail)), narrow: narrow || null },
    );
  },
  tell(told) {
    const { row } = told;
    if (told.flag('narrow')) return tellNarrow(told);
    const bound = told.text('call', 'connect') !== 'connect';
    const towards = bound || row.remoteAddress === '' ? '' : ` towards ${remote(row)}`;
    const range = told.has('first')
      ? `of the local ports ${told.number('first')}–${told.number('last')} `
      : 'of the local port range ';
    const holders = told.has('holders') ? `; most are held by ${shown(told.text('holders'))}` : '';
    const waiting = plural(told.number('timeWait'), 'port');
    return {
      sentence: `${whoFirst(row)} got no local port: none ${range}was free${towards}${holders}.`,
      claims: [
        { ...callClaim(told), text: `${callName(told)} found no port that is free` },
        { text: 'the socket went back from SYN_SENT without a local port', event: 'end' },
        {
          text: `${plural(told.number('used'), 'port')} in use, ${waiting} of them in TIME_WAIT`,
          event: 'ports',
        },
      ],
      next: [
        'Does the program open a connection for every request? Reuse connections (keep-alive, a pool).',
        'Widen net.ipv4.ip_local_port_range, or spread the load over more addresses of the destination.',
        'Many in TIME_WAIT: net.ipv4.tcp_tw_reuse=1 lets outgoing connections take them again. Ports that a program bound itself are lost to others, unless it sets IP_BIND_ADDRESS_NO_PORT.',
      ],
      command: bound
        ? "ss -tan | awk '{print $1}' | sort | uniq -c; sysctl net.ipv4.ip_local_port_range"
        : `ss -tanp 'dst ${socketFilter(row)}' | awk '{print $1}' | sort | uniq -c`,
    };
  },
};

/** A socket may have a range of its own since 6.3 (inet_sk_get_local_port_range); which, no event tells. */
function tellNarrow(told: Told): Telling {
  const { row } = told;
  const first = told.number('first');
  const last = told.number('last');
  const used = told.number('used');
  return {
    sentence: `${whoFirst(row)} got no local port: none was free for this socket towards ${remote(row)}, though of the ${plural(last - first + 1, 'port')} of ip_local_port_range (${first}–${last}) ${used === 0 ? 'none was' : used === 1 ? 'only 1 was' : `only ${used} were`} in use there afterwards. The range of the socket itself (IP_LOCAL_PORT_RANGE) may be narrower.`,
    claims: [
      { ...callClaim(told), text: `${callName(told)} found no port that is free` },
      { text: `${plural(used, 'port')} of that range in use`, event: 'ports' },
    ],
    next: [
      'Does the program, or a library that it uses, set IP_LOCAL_PORT_RANGE? Then widen that range.',
      'Or were the ports in use until a moment ago, and has their program ended meanwhile? Reuse connections (keep-alive, a pool).',
      'Ports of net.ipv4.ip_local_reserved_ports are never chosen.',
    ],
    command: 'sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports',
  };
}

/** It left SYN_SENT without a port, and nobody saw what the call returned: sendto(2) with MSG_FASTOPEN. */
function withoutResult(facts: Facts): Finding | null {
  const { outcome, localPort } = facts.attempt;
  const ports = facts.context('ports');
  const begin = enteredSynSent(facts);
  if (outcome !== 'failed' || localPort !== 0 || !begin || !ports) return null;
  if (!isFull(ports.detail)) return null;
  const end = facts.change(SYN_SENT, CLOSE);
  return found('likely', { end, ports }, portParams(ports.detail));
}

/** bind(2) to port 0, and listen(2) or connect(2) on a socket that has no port yet. */
function bindsAny({ call, port }: FailedCall): boolean {
  return call === 'bind' && port === 0;
}

/** True: the kernel was searching for a port. False: it may have been. Null: it was not. */
function isPortSearch(facts: Facts, { call }: FailedCall, full: boolean): boolean | null {
  if (call !== 'connect' || facts.attempt.localPort !== 0) return null;
  if (facts.context('holder')) return null;
  if (full || enteredSynSent(facts)) return true;
  // IPv6 says the same where it has no source address; IPv4 only for ports.
  return facts.attempt.family === 'ipv4' && !facts.context('ports') ? false : null;
}

function isFull({ first, last, used }: PortsContext): boolean {
  return used > 0 && used >= (last - first + 1) * NEARLY_ALL;
}

function portParams({ first, last, used, timeWait, holders }: PortsContext) {
  const named = holders
    .slice(0, NAMED)
    .map(({ comm, pid, count }) => `${comm} (pid ${pid}): ${count}`)
    .join(', ');
  return { first, last, used, timeWait, holders: named === '' ? null : named };
}
