// What deserves to be told at once, beyond the row of an attempt. From engine/alerts/, to
// the window and the desktop; a shell may mute each kind.
import type { UnixMilliseconds } from './units.ts';

/**
 * - `new-failure`: a kind of failure (contract/groups.ts) that was not seen before, after the first minute.
 * - `failure-rate`: half or more of at least 10 attempts to one destination failed within a minute.
 * - `descriptors`: a process with failures uses over 90 % of its RLIMIT_NOFILE.
 * - `ports`: over 90 % of ip_local_port_range is used towards one destination.
 * - `conntrack`: the connection tracking table is over 90 % full.
 * - `listener`: a listener threw packets of handshakes away, or answers by SYN cookies, for want of room.
 */
export type AlertKind =
  | 'new-failure'
  | 'failure-rate'
  | 'descriptors'
  | 'ports'
  | 'conntrack'
  | 'listener';

/** Every kind, with the words for the switch that mutes it. */
export const ALERT_KINDS: readonly { readonly kind: AlertKind; readonly label: string }[] = [
  { kind: 'new-failure', label: 'New kind of failure' },
  { kind: 'failure-rate', label: 'Failure rate of a destination' },
  { kind: 'descriptors', label: 'File descriptors over 90 %' },
  { kind: 'ports', label: 'Local ports over 90 %' },
  { kind: 'conntrack', label: 'Connection tracking over 90 %' },
  { kind: 'listener', label: 'Listener without room' },
];

export interface Alert {
  /** Ascending within a session. */
  readonly id: number;
  readonly kind: AlertKind;
  /** A few words, e.g. `New kind of failure`. */
  readonly title: string;
  /** One sentence with the names and the numbers. */
  readonly text: string;
  readonly at: UnixMilliseconds;
  /** Filter text that selects the attempts it is about; null when it is about none in particular. */
  readonly filter: string | null;
}
