// What the machine looked like when an attempt failed: facts that no event of the attempt
// carries, asked for at its end and recorded as events of kind `context`. Gathered by
// engine/context/, read by the rules. What could not be told is not recorded.
import type { Milliseconds } from '../../contract/units.ts';

/** Who listened at the address that was asked, in that network namespace, when the attempt ended. */
export interface ListenerContext {
  readonly about: 'listener';
  /** How many sockets listen there; 0 = nobody. */
  readonly listeners: number;
  /** Of the first of them, as far as its owner is known. */
  readonly pid: number | null;
  readonly comm: string | null;
  /** Meanwhile one of them threw packets of handshakes away (sk_drops), as the scans found. */
  readonly dropped?: true;
  /** Meanwhile, or just before, a scan found the accept queue of one of them full. */
  readonly full?: true;
  /** Addresses on which somebody listens at this port, when nobody does at the one that was asked. */
  readonly elsewhere?: readonly string[];
  /** Addresses on which somebody listened at this port, and had ended when it was asked. */
  readonly ended?: readonly string[];
  /** One of those elsewhere is on all addresses, and takes IPv6 only (IPV6_V6ONLY). */
  readonly ipv6Only?: true;
  /** One of those elsewhere is bound to this device (SO_BINDTODEVICE), through which the SYN did not come. */
  readonly device?: string;
  /** It is on ::, and whether it takes IPv4 as well could not be asked. */
  readonly maybeIpv6Only?: true;
  /** The address is another one of the namespace that the SYN came from. */
  readonly own?: true;
}

/** The kernel's own choice of a way (RTM_GETROUTE, as `ip route get` prints it). */
export interface RouteContext {
  readonly about: 'route';
  readonly found: boolean;
  /** The way leads to many machines: TCP cannot take it. */
  readonly many?: 'broadcast' | 'multicast';
  readonly device?: string;
  readonly gateway?: string;
  readonly source?: string;
  /** The address is of the namespace itself (type `local`). */
  readonly local?: true;
  /** Why there is none, in the kernel's words. */
  readonly error?: string;
  /**
   * There is a way, but not from the local address of the socket: an interface of the namespace has
   * that address (own), none has it (foreign), or that could not be told.
   */
  readonly withoutSource?: 'own' | 'foreign' | 'unknown';
  /** Asked as this socket would: with its mark, interface, user and ports. Absent in older sessions. */
  readonly forSocket?: true;
  /** SO_MARK of the socket; absent when it has none. */
  readonly mark?: number;
  /** Interface that the socket is bound to, by its name when it has one still. */
  readonly bound?: string;
  readonly boundState?: 'up' | 'down' | 'no carrier' | 'gone';
}

/** The link-layer neighbour that the route goes through. */
export interface NeighbourContext {
  readonly about: 'neighbour';
  readonly address: string;
  /** NUD state: REACHABLE, STALE, INCOMPLETE, FAILED, NOARP (a link without neighbours), …; NONE when the table has no entry. */
  readonly state: string;
  readonly device: string;
  /** Of the interface, where the neighbour did not answer; absent when it was up. */
  readonly deviceState?: 'down' | 'no carrier';
}

/** Local ports that connect(2) may choose from (ip_local_port_range), towards one destination. */
export interface PortsContext {
  readonly about: 'ports';
  readonly first: number;
  readonly last: number;
  /** In use towards the same destination, TIME_WAIT included. */
  readonly used: number;
  readonly timeWait: number;
  /** Processes with most of them, most first. */
  readonly holders: readonly {
    readonly comm: string;
    readonly pid: number;
    readonly count: number;
  }[];
}

export interface Tuple {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/**
 * The connection tracking entry of the attempt: of its own network namespace, or of another one
 * of this machine where its packets are translated. A refused attempt has none any more.
 */
export interface ConntrackContext {
  readonly about: 'conntrack';
  readonly original: Tuple;
  /** As the answer must look: differs from the original turned round where there is NAT. */
  readonly reply: Tuple;
  /** Of the tracking, e.g. SYN_SENT. */
  readonly state: string;
  readonly translated: boolean;
}

/**
 * The attempt's network namespace has NAT for what its sockets send (a chain of the type nat at
 * the hook output), or may have: the address that was asked may not be the one that answered.
 */
export interface NatContext {
  readonly about: 'nat';
}

/** Of the attempt's namespace or of Synscope's own, whichever is fuller. */
export interface ConntrackTableContext {
  readonly about: 'conntrack-table';
  readonly entries: number;
  readonly most: number;
}

/** Descriptors of the process against RLIMIT_NOFILE. */
export interface DescriptorsContext {
  readonly about: 'descriptors';
  readonly open: number;
  readonly limit: number;
}

/** Open files of the whole machine against fs.file-max, as /proc/sys/fs/file-nr has them. */
export interface FilesContext {
  readonly about: 'files';
  readonly open: number;
  readonly most: number;
}

/** Settings of the network namespace: how long the kernel tries, and what it lets programs do. */
export interface SettingsContext {
  readonly about: 'settings';
  readonly synRetries: number;
  /** tcp_syn_linear_timeouts; 0 before 6.5. */
  readonly linearTimeouts: number;
  /** When the kernel would have given up, from the first SYN. */
  readonly givesUpMs: Milliseconds;
  /** net.ipv6.conf.all.disable_ipv6, or a kernel without IPv6. */
  readonly ipv6Disabled: boolean;
  /** tcp_retries2: how often an established connection sends a segment again. */
  readonly retries2?: number;
  /** net.ipv4.ip_unprivileged_port_start, of both families; absent in older sessions. */
  readonly unprivilegedPort?: number;
}

/** Who holds the address that bind(2) or connect(2) asked for. */
export interface HolderContext {
  readonly about: 'holder';
  readonly address: string;
  readonly port: number;
  readonly state: string;
  readonly pid: number | null;
  readonly comm: string | null;
}

/**
 * A socket of this machine that already has the tuple which the SYN of the attempt has after
 * NAT: it answers in the place of a new connection.
 */
export interface CollisionContext {
  readonly about: 'collision';
  readonly local: string;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
  readonly state: string;
  readonly pid: number | null;
  readonly comm: string | null;
}

/**
 * What the kernel's counters (TcpExt) rose by while the attempt lasted, to about a second: those of
 * its network namespace, and of its peer's when that is on this machine too. Counted for all
 * connections of the namespace. Names: engine/context/counter-history.ts; empty = none of them rose.
 */
export interface CountersContext {
  readonly about: 'counters';
  readonly rose: Readonly<Record<string, number>>;
  /**
   * Of an accepted attempt whose SYN-ACK was sent again: what TCPDeferAcceptDrop rose by since some
   * seconds before that; absent = not at all.
   */
  readonly deferred?: number;
}

export type ContextDetail =
  | ListenerContext
  | RouteContext
  | NeighbourContext
  | PortsContext
  | ConntrackContext
  | ConntrackTableContext
  | NatContext
  | DescriptorsContext
  | FilesContext
  | SettingsContext
  | HolderContext
  | CollisionContext
  | CountersContext;
export type ContextAbout = ContextDetail['about'];
