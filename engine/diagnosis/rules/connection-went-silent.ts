// An established connection whose peer stopped answering, until the kernel gave up.
import type { RetransmitDetail } from '../../session/detail.ts';
import type { EventNote, Facts } from '../facts.ts';
import { found, type Param, type Rule } from '../rule.ts';
import { duration, filterPort, host, plural, remote, who } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { timeoutClaims, timeoutOf, timeoutParams } from './shared/timeout.ts';

const CLOSE = 7;
/**
 * Bytes that fill a segment on the smallest MTU of IPv6 (1280), less 40 bytes of IPv6, 20 of TCP
 * and 12 of timestamps: what waits is sent in segments of that size at least.
 */
const LARGE = 1208;
const BLACK_HOLE =
  'Was it the first large segment? An MTU black hole swallows those, and lets the handshake and small ones through: a tunnel with a smaller MTU, where ICMP “fragmentation needed” is dropped. `ping -M do -s 1472` tells; net.ipv4.tcp_mtu_probing=1 works around it.';
const PATIENCE =
  'How long the kernel tries is net.ipv4.tcp_retries2 (about 15 minutes), or TCP_USER_TIMEOUT of the socket.';
const NS_PER_MS = 1_000_000;

export const connectionWentSilent: Rule = {
  id: 'connection-went-silent',
  title: 'connection went silent',
  match(facts) {
    if (facts.attempt.outcome !== 'timed-out' || !wasConnected(facts)) return null;
    const timeout = timeoutOf(facts);
    const resent = facts.all('retransmit').filter(isTimeout);
    return found(
      resent.length > 0 || timeout ? 'certain' : 'likely',
      {
        first: resent[0],
        last: resent.length > 1 ? resent.at(-1) : null,
        timeout: timeout?.note,
        end: facts.change(null, CLOSE),
      },
      { ...timeoutParams(timeout), ...ladder(facts, resent) },
    );
  },
  tell(told) {
    const { row } = told;
    const end = `${remote(row)} stopped answering ${who(row)}`;
    const resent = told.number('resent');
    return {
      sentence:
        resent > 0
          ? `${end}: the last data was sent again ${plural(resent, 'time')} over ${duration(told.number('overMs'))}, then the kernel gave the connection up.`
          : `${end}, and the kernel gave the connection up${told.has('timer') ? '' : '; which of its timers did was not recorded'}.`,
      claims: [
        { text: 'the first retransmission that ran into its timeout', event: 'first' },
        {
          text: `the last one, with a timeout of ${duration(told.number('rtoMs'))} by then`,
          event: 'last',
        },
        ...timeoutClaims(told),
        { text: `the connection ended with ${row.error ?? 'a timeout'}`, event: 'end' },
      ],
      next: [
        'Did the peer crash, lose its network or go to sleep? It sent neither FIN nor RST.',
        'Does a firewall or NAT on the way forget quiet connections? Let keep-alive probes go out more often than its timeout.',
        told.number('waiting') >= LARGE ? BLACK_HOLE : PATIENCE,
      ],
      command: `tcpdump -ni any 'tcp and host ${host(row.remoteAddress)}${filterPort(row.remotePort)}'`,
    };
  },
};

function isTimeout({ detail }: EventNote): boolean {
  return (detail as RetransmitDetail | null)?.rtoMs !== undefined;
}

/** The retransmissions that nothing answered: those since the last time that the timeout began anew. */
function ladder(facts: Facts, resent: readonly EventNote[]): Record<string, Param | null> {
  const last = resent.at(-1);
  if (!last) return { resent: 0 };
  let first = resent.length - 1;
  while (first > 0 && rtoOf(resent[first - 1]) < rtoOf(resent[first])) first--;
  const since = resent[first] ?? last;
  const endNs = facts.attempt.endedNs ?? last.timeNs;
  return {
    resent: resent.length - first,
    overMs: Math.max(0, (endNs - since.timeNs) / NS_PER_MS),
    rtoMs: rtoOf(last),
  };
}

function rtoOf(note: EventNote | undefined): number {
  return (note?.detail as RetransmitDetail | null | undefined)?.rtoMs ?? 0;
}
