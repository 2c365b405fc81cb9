// One connection attempt while it lives: what its row in the session file will say, and
// what the lifecycle must remember to decide it. Filled by engine/lifecycle/lifecycle.ts,
// written by engine/session/writer.ts, dropped once its socket is gone.
import type { Direction, Outcome, OwnerSource, SocketCall } from '../../contract/attempt.ts';
import type {
  AttemptId,
  Bytes,
  Errno,
  Milliseconds,
  SessionNanoseconds,
} from '../../contract/units.ts';
import type { Family } from '../capture/address.ts';
import { EventNotes } from '../diagnosis/notes.ts';
import type { Finding } from '../diagnosis/rule.ts';
import type { ProcessImage } from './processes.ts';
import { CLOSE } from './tcp-state.ts';
import type { Trouble } from './trouble.ts';

/** A socket cookie as a key: a number while that is exact, else the bigint. */
export type Cookie = number | bigint;

/** About 600 bytes each; the strings are shared with the caches that built them. */
export class Attempt {
  readonly id: AttemptId;
  cookie: Cookie | null;
  readonly ordinal: number;
  readonly netns: number;
  direction: Direction = 'unknown';
  family: Family = 'ipv4';
  localAddress = '';
  localPort = 0;
  remoteAddress = '';
  remotePort = 0;
  /** Interface that the socket is bound to (SO_BINDTODEVICE, or the scope of its address); 0 = none. */
  boundDevice = 0;
  /** SO_MARK of the socket as it connected, by which rules of policy routing go; 0 = none. */
  mark = 0;
  owner: ProcessImage | null = null;
  ownerSource: OwnerSource = 'unknown';
  tid: number | null = null;
  threadComm: string | null = null;
  fd: number | null = null;
  async: boolean | null = null;
  state: number = CLOSE;
  outcome: Outcome = 'connecting';
  failed = false;
  errno: Errno = 0;
  beginNs: SessionNanoseconds;
  startedNs: SessionNanoseconds | null = null;
  establishedNs: SessionNanoseconds | null = null;
  endedNs: SessionNanoseconds | null = null;
  retransmits = 0;
  bytesSent: Bytes = 0;
  bytesReceived: Bytes = 0;
  srttUs = 0;
  /** How long the peer's window kept it from sending, as the kernel has counted (tcpi_rwnd_limited). */
  rwndLimitedMs: Milliseconds = 0;
  /** Segments sent, those sent again included. */
  segmentsSent = 0;
  closedBy: 'local' | 'remote' | null = null;
  incomplete = false;

  /** The row in the file is older than this object. */
  dirty = false;
  /** The row has been inserted. */
  stored = false;
  /** Ended, and nothing can change the outcome any more. */
  final = false;
  /** connect(2) has told its caller how it went. */
  answered = false;
  /** Left SYN_SENT with no error in the socket: given up by the caller, unless connect(2) says otherwise. */
  undecided = false;
  /** The peer's FIN was received: the kernel counts it as one byte. */
  finReceived = false;
  resetReceived = false;
  /** The state from which it went to CLOSE. */
  endedFrom: number = CLOSE;
  /** Error that was reported without ending the attempt: sk_err_soft while connecting, any after an own FIN; 0 = none. */
  notedErrno: Errno = 0;
  retransmitRecords = 0;
  /** total_retrans of the last such record; null = none came. */
  recordedRetransmits: number | null = null;
  /** Retransmitted segments that have been counted (own-counts.ts); null = its past is not known. */
  countedRetransmits: number | null = null;
  lastStateNs: SessionNanoseconds;
  /** bytes_received and sk_shutdown at FIN_WAIT1 → FIN_WAIT2. */
  receivedAtFinWait2: Bytes = 0;
  shutdownAtFinWait2 = 0;
  /** Number of the last scan that saw it; 0 = none yet. */
  scanSeen = 0;
  /** The state that the last scan saw when it was another than ours. */
  scanState = 0;
  /** The call that failed, when it was another one than connect(2); null for a connection. */
  call: SocketCall | null = null;
  /** While it was connecting, packets were thrown away that nobody told of: its own may be among them. */
  dropsSkipped = false;
  /** Its events as far as its diagnosis may need them. */
  readonly notes = new EventNotes();
  /** What went wrong without ending it; null = nothing. */
  trouble: Trouble | null = null;
  /** Why it failed, or what troubled it; null while nobody has said. */
  verdict: { readonly rule: string; readonly finding: Finding } | null = null;
  /** The attempt to another address of the same service that won, when this one gave way to it. */
  race: { readonly id: AttemptId; readonly address: string; readonly family: Family } | null = null;
  /** It has ended, and its verdict, or that there is none, is the last word on it. */
  judged = false;
  /** It may yet be found to have lost a race: engine/lifecycle/races.ts holds it. */
  contested = false;
  /** It has been counted among those to its destination: engine/alerts/. */
  rated = false;
  /** Its row of the table `failure_group`; null while it has none. */
  group: number | null = null;
  /** Row of the first user stack of it: who asked for the connection; 0 = none. */
  userStack = 0;
  /** Stacks that its events name, as row ids. */
  stacks: number[] | null = null;

  constructor(
    id: AttemptId,
    cookie: Cookie | null,
    ordinal: number,
    netns: number,
    beginNs: SessionNanoseconds,
  ) {
    this.id = id;
    this.cookie = cookie;
    this.ordinal = ordinal;
    this.netns = netns;
    this.beginNs = beginNs;
    this.lastStateNs = beginNs;
  }

  get ended(): boolean {
    return this.endedNs !== null;
  }
}
