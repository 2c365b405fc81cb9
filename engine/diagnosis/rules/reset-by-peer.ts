// RST in the middle of an established connection.
import { found, type Rule, type Told } from '../rule.ts';
import { duration, filterPort, host, plural, remote, who } from '../words.ts';

const CLOSE = 7;
const CLOSE_WAIT = 8;
/** Firewalls and load balancers forget connections that were quiet for about this long or longer. */
const LONG_MS = 60_000;

export const resetByPeer: Rule = {
  id: 'reset-by-peer',
  title: 'reset in mid-stream',
  match(facts) {
    const { attempt } = facts;
    if (attempt.outcome !== 'reset') return null;
    const end = facts.change(null, CLOSE);
    const reset = facts.last('reset-received');
    return found(
      // Whoever sees the packets can send one in the name of the peer: a firewall that rejects, say.
      'likely',
      { reset, end, sent: facts.last('reset-sent') },
      {
        // The peer had sent its FIN: it had closed, and our data came too late.
        afterFin: attempt.endedFrom === CLOSE_WAIT,
        local: facts.peerIsLocal,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    const where = told.flag('local') ? ', a process on this machine,' : '';
    return {
      sentence: `${remote(row)}${where} cut the connection with ${who(row)} by a RST${after}, ${sayBytes(told)}${told.flag('afterFin') ? '; it had closed its side before, and data still came' : ''}.`,
      claims: [
        { text: 'a RST was received', event: 'reset' },
        { text: `the connection ended with ${row.error ?? 'ECONNRESET'}`, event: 'end' },
        { text: 'this machine sent a RST, too', event: 'sent' },
      ],
      next: nextFor(told),
      command: `tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0 and host ${host(row.remoteAddress)}${filterPort(row.remotePort)}'`,
    };
  },
};

function sayBytes({ row }: Told): string {
  if (row.bytesSent === 0 && row.bytesReceived === 0) return 'before any data went either way';
  if (row.bytesReceived === 0) return `${plural(row.bytesSent, 'byte')} sent and none received`;
  return `${plural(row.bytesSent, 'byte')} sent and ${row.bytesReceived} received`;
}

const FIREWALL =
  'Does the peer know nothing of it? A firewall or load balancer on the way, or a rule of the peer with `reject with tcp reset`, sends a RST in its name.';

function nextFor(told: Told): string[] {
  const { row } = told;
  const log =
    'What does the log of the peer say of that moment? A crash, a restart or a refused request ends so.';
  if (told.flag('afterFin')) {
    return [
      'The peer was done and closed: does this program send more than it should, or reuse a connection that was kept too long?',
      log,
      FIREWALL,
    ];
  }
  if (row.bytesReceived === 0) {
    return [
      'Closed before its first answer: a proxy without a backend, TLS where none is spoken (or the other way round), or an access list in the program.',
      log,
      FIREWALL,
    ];
  }
  if ((row.durationMs ?? 0) >= LONG_MS) {
    return [
      log,
      'Was it quiet for long? A firewall, NAT or load balancer that forgot the connection answers the next packet with a RST.',
      FIREWALL,
    ];
  }
  return [
    log,
    'A program that closes with unread data in its socket sends a RST in the place of a FIN.',
    FIREWALL,
  ];
}
