// What Synscope saw beside what the kernel counted (/proc/net/snmp). Made by
// engine/workers/comparisons.ts, kept in the session's table `comparison`, shown by every shell.

/** Counters of the kernel's TCP group, each in its own sense (net/ipv4/tcp*.c). */
export const COUNTER_NAMES = [
  'ActiveOpens',
  'PassiveOpens',
  'AttemptFails',
  'EstabResets',
  'RetransSegs',
  'OutRsts',
] as const;

export type CounterName = (typeof COUNTER_NAMES)[number];

/** `netns` of what was seen where, or at a time when, the kernel could not be asked. */
export const ELSEWHERE = 0;

/** One counter of one network namespace, both sides read for the same moment. */
export interface CounterComparison {
  /** Inode number of the network namespace, or ELSEWHERE. */
  readonly netns: number;
  readonly name: CounterName;
  /** By how much the kernel's counter rose; null when it cannot be read. */
  readonly kernel: number | null;
  /** What Synscope saw of it. */
  readonly seen: number;
  /** Of the kernel's: what belongs to no connection, so that no hook tells it. */
  readonly apart: number;
  /** Why the two differ, or what they cover; null when there is nothing to say. */
  readonly explanation: string | null;
}

/** Whether the session has everything that the kernel counted. */
export interface Completeness {
  /** Connections opened and accepted (ActiveOpens + PassiveOpens). */
  readonly attempts: {
    readonly seen: number;
    readonly kernel: number;
    /** Seen besides, where or when the kernel could not be asked: in neither of the two. */
    readonly unasked: number;
  };
  /** A counter of a namespace that was compared differs by what `apart` does not account for. */
  readonly differs: boolean;
  /** Nothing differs, and nothing is known of that could not be compared. */
  readonly complete: boolean;
  /** Sentences about the differences, and about namespaces that were not compared. */
  readonly explanation: string | null;
  /** Counters that moved, namespace by namespace; at most 300. */
  readonly rows: readonly CounterComparison[];
}
