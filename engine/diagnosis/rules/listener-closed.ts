// The listener went away before the connection was accepted, seen from either end.
import { CLOSE, SYN_RECV } from '../../lifecycle/tcp-state.ts';
import type { Facts } from '../facts.ts';
import { type Finding, found, type Rule } from '../rule.ts';
import { local, remote, sport, who } from '../words.ts';
import { callClaim, callParams, failedCall, tellCall } from './shared/failed-call.ts';

/** EINVAL of inet_csk_accept: the socket is not in LISTEN. */
const NOT_LISTENING =
  'the socket does not listen: listen(2) was never called for it, or the listener was shut down';
const ASK_THE_CODE = [
  'Does the program call listen(2) before accept(2), and for the same descriptor? The user stack of the call shows the code.',
  'Does another thread of it call shutdown(2) or close(2) on the listener meanwhile?',
];
const ASK_FOR_TWIN =
  'Was it accepted? The other end of the connection is on this machine, too: the row of the server with the same two ports tells.';
const ASK_THE_SERVICE = [
  'Was the service stopped or restarted at that moment? Its log and `journalctl -u UNIT` tell.',
  'A service that hands its socket over (socket activation, SO_REUSEPORT with migration) loses none.',
];

export const listenerClosed: Rule = {
  id: 'listener-closed',
  title: 'listener closed',
  match(facts) {
    const { direction, outcome, closedBy } = facts.attempt;
    if (direction === 'accepted' && outcome === 'abandoned' && closedBy === 'local') {
      return found('certain', { end: facts.change(SYN_RECV, CLOSE) }, { seen: 'server' });
    }
    return outcome === 'reset' ? seenByClient(facts) : seenByAccept(facts);
  },
  tell(told) {
    const { row } = told;
    const seen = told.text('seen', 'server');
    const sentence = {
      client: `${remote(row)} cut the connection of ${who(row)} before it sent anything, and nobody listens there any more: its listener was closed before it accepted the connection, or whoever had accepted it cut it off and listens no more.`,
      call: `${tellCall(told)}: ${told.text('result', '') === 'EINVAL' ? NOT_LISTENING : 'the peer was gone before its connection was accepted, or the listener was closed'}.`,
      server: `The connection from ${remote(row)} ended before it was accepted: the listener at ${local(row)} was closed.`,
    }[seen === 'client' || seen === 'call' ? seen : 'server'];
    return {
      sentence,
      claims: [
        callClaim(told),
        { text: 'the half-open connection was closed with its listener', event: 'end' },
        { text: 'the peer sent a RST', event: 'reset' },
        { text: 'nobody listened there afterwards', event: 'listener' },
      ],
      next:
        seen === 'client'
          ? [ASK_FOR_TWIN, ...ASK_THE_SERVICE]
          : seen === 'call' && told.text('result', '') === 'EINVAL'
            ? ASK_THE_CODE
            : ASK_THE_SERVICE,
      command: `ss -ltnp${sport(seen === 'client' ? row.remotePort : row.localPort)}`,
    };
  },
};

/**
 * A local server took its listener away while the connection waited in the accept queue. One that
 * had accepted it, and closed both with data unread, looks the same from the client.
 */
function seenByClient(facts: Facts): Finding | null {
  const { direction, bytesReceived } = facts.attempt;
  if (direction !== 'outgoing' || bytesReceived > 0 || !facts.peerIsLocal) return null;
  const listener = facts.context('listener');
  if (listener?.detail.listeners !== 0) return null;
  return found('likely', { reset: facts.first('reset-received'), listener }, { seen: 'client' });
}

/** accept(2): EINVAL of a socket that does not listen, ECONNABORTED when the connection is gone. */
function seenByAccept(facts: Facts): Finding | null {
  const { error } = facts;
  if (error !== 'EINVAL' && error !== 'ECONNABORTED') return null;
  const call = failedCall(facts);
  if (call?.call !== 'accept') return null;
  return found('likely', { call: call.note }, { ...callParams(call), seen: 'call' });
}
