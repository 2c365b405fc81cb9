// Every rule, the most particular first: the first one that fits decides. One list for attempts
// that failed, one for those that did not.
import type { Rule } from './rule.ts';
import { abandoned } from './rules/abandoned.ts';
import { abortedLocally } from './rules/aborted-locally.ts';
import { addressInUse } from './rules/address-in-use.ts';
import { addressNotOurs } from './rules/address-not-ours.ts';
import { backlogDelayed } from './rules/backlog-delayed.ts';
import { backlogOverflow } from './rules/backlog-overflow.ts';
import { badCall } from './rules/bad-call.ts';
import { connectionWentSilent } from './rules/connection-went-silent.ts';
import { conntrackFull } from './rules/conntrack-full.ts';
import { descriptorsUsedUp } from './rules/descriptors-used-up.ts';
import { droppedByNetfilter } from './rules/dropped-by-netfilter.ts';
import { droppedLocally } from './rules/dropped-locally.ts';
import { halfOpen } from './rules/half-open.ts';
import { ipv6Disabled } from './rules/ipv6-disabled.ts';
import { keepAliveTimeout } from './rules/keep-alive-timeout.ts';
import { listenerClosed } from './rules/listener-closed.ts';
import { lostRace } from './rules/lost-race.ts';
import { missedKeepAlive } from './rules/missed-keep-alive.ts';
import { natPortCollision } from './rules/nat-port-collision.ts';
import { neighbourSilent } from './rules/neighbour-silent.ts';
import { noFreePort } from './rules/no-free-port.ts';
import { noRoute } from './rules/no-route.ts';
import { notPermitted } from './rules/not-permitted.ts';
import { notReading } from './rules/not-reading.ts';
import { outOfMemory } from './rules/out-of-memory.ts';
import { refusedByPeer } from './rules/refused-by-peer.ts';
import { refusedNoListener } from './rules/refused-no-listener.ts';
import { rejectedByFirewall } from './rules/rejected-by-firewall.ts';
import { resetByPeer } from './rules/reset-by-peer.ts';
import { retransmissionTimeouts } from './rules/retransmission-timeouts.ts';
import { segmentsLost } from './rules/segments-lost.ts';
import { silence } from './rules/silence.ts';
import { slowHandshake } from './rules/slow-handshake.ts';
import { staleConnection } from './rules/stale-connection.ts';
import { synCookies } from './rules/syn-cookies.ts';
import { unknown } from './rules/unknown.ts';
import { unreachable } from './rules/unreachable.ts';
import { userTimeout } from './rules/user-timeout.ts';
import { zeroWindow } from './rules/zero-window.ts';
import { zeroWindowTimeout } from './rules/zero-window-timeout.ts';

/** Why an attempt failed; the last one fits always. */
export const RULES: readonly Rule[] = [
  // Another attempt went well in its place.
  lostRace,
  // A call failed by itself.
  descriptorsUsedUp,
  outOfMemory,
  ipv6Disabled,
  noFreePort,
  addressInUse,
  addressNotOurs,
  listenerClosed,
  // Packets that did not get there.
  conntrackFull,
  droppedByNetfilter,
  natPortCollision,
  staleConnection,
  droppedLocally,
  neighbourSilent,
  backlogOverflow,
  // An answer that says no.
  rejectedByFirewall,
  refusedNoListener,
  refusedByPeer,
  // Calls whose errno means several things.
  badCall,
  noRoute,
  notPermitted,
  abortedLocally,
  unreachable,
  userTimeout,
  keepAliveTimeout,
  zeroWindowTimeout,
  connectionWentSilent,
  // No cause is known: what was seen.
  halfOpen,
  abandoned,
  silence,
  resetByPeer,
  unknown,
];

/** What an attempt that did not fail had to put up with; none fits one that went well. */
export const TROUBLES: readonly Rule[] = [
  // It stood still.
  zeroWindow,
  notReading,
  retransmissionTimeouts,
  missedKeepAlive,
  // It took its time to begin.
  backlogDelayed,
  slowHandshake,
  // It went on, at a price.
  segmentsLost,
  synCookies,
];

const BY_ID = new Map([...RULES, ...TROUBLES].map((rule) => [rule.id, rule]));

/** Null for a rule of another version. */
export function ruleById(id: string): Rule | null {
  return BY_ID.get(id) ?? null;
}
