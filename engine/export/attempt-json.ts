// An attempt as one JSON object: a line of `export --format jsonl` and of `trace --json`,
// the same for both. From AttemptDetail, to export.ts and cli/.
import type {
  AttemptDetail,
  AttemptRow,
  EventKind,
  Frame,
  MomentStacks,
  Stack,
  TcpState,
} from '../../contract/attempt.ts';
import type { Bytes, Milliseconds } from '../../contract/units.ts';
import type { Evidence } from '../../contract/verdict.ts';

export interface AttemptJson {
  readonly attempt: number;
  readonly direction: string;
  /** `connect`, or the call that failed before there was a connection; `accept` for an accepted one. */
  readonly syscall: string | null;
  readonly family: string;
  readonly outcome: string;
  readonly failed: boolean;
  /** It did not fail, but has a verdict. */
  readonly troubled: boolean;
  readonly error: string | null;
  /** connect(2) returned EINPROGRESS, or was asked of io_uring; null when the call was not seen. */
  readonly async: boolean | null;
  /** How the call was made; null when it was not seen. */
  readonly via: 'syscall' | 'io_uring' | null;
  readonly fd: number | null;
  /** Null when nobody is known to own it. */
  readonly process: {
    readonly pid: number;
    readonly comm: string;
    readonly exe: string | null;
    readonly cmdline: readonly string[];
    readonly uid: number;
    readonly unit: string | null;
    readonly container: string | null;
  } | null;
  /** `connect`, `accept`, `scan`, `listener` or `unknown`. */
  readonly ownerSource: string;
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  /** ISO 8601 in UTC, to the millisecond; null for a connection older than the capture. */
  readonly startedAt: string | null;
  readonly connectMs: Milliseconds | null;
  readonly durationMs: Milliseconds | null;
  readonly rttMs: Milliseconds | null;
  readonly retransmits: number;
  /** When each SYN, SYN-ACK or segment was sent again, ms since the attempt began. */
  readonly retransmitAtMs: readonly Milliseconds[];
  readonly bytesSent: Bytes;
  readonly bytesReceived: Bytes;
  readonly closedBy: 'local' | 'remote' | null;
  readonly incomplete: boolean;
  /** Each state that it entered, ms since the attempt began. */
  readonly states: readonly { readonly state: TcpState; readonly atMs: Milliseconds }[];
  /** Of the failure, else of the connect; innermost first, `function (module)`. */
  readonly kernelStack: readonly string[];
  readonly userStack: readonly string[];
  /** Stalls, unanswered probes, cookies, and the timer that gave it up; ms since the attempt began. */
  readonly troubles: readonly TroubleJson[];
  /** Every moment at which a stack was to be taken, with the reason where there is none. */
  readonly stacks: readonly MomentJson[];
  /** Why it failed, or what troubled it; null when there is nothing to say. */
  readonly verdict: VerdictJson | null;
}

interface TroubleJson {
  readonly kind: EventKind;
  readonly atMs: Milliseconds;
  readonly text: string;
}

const TROUBLES: ReadonlySet<EventKind> = new Set([
  'timeout',
  'zero-window',
  'keep-alive',
  'syn-cookie',
]);

interface VerdictJson {
  readonly id: string;
  readonly sentence: string;
  readonly confidence: string;
  readonly evidence: readonly Evidence[];
  readonly next: readonly string[];
  readonly command: string | null;
}

interface MomentJson {
  readonly moment: string;
  /** Of the moment `asked` only: which thread it was, and where it stood. */
  readonly asked?: string;
  readonly atMs: Milliseconds;
  readonly kernelStack: readonly string[];
  readonly kernelProblem: string | null;
  /** What hides the names of the kernel; null when nothing does. */
  readonly kernelHint: string | null;
  readonly userStack: readonly string[];
  readonly userProblem: string | null;
  /** The same frames with all that is known of each. */
  readonly userFrames: readonly Frame[];
  /** What the program's own functions are known by in every run; null where none is known. */
  readonly userFingerprint: string | null;
  /** What to switch on for more names. */
  readonly userHint: string | null;
}

/** Microseconds are what the kernel's clocks and this tool can vouch for. */
function rounded(ms: Milliseconds): Milliseconds;
function rounded(ms: Milliseconds | null): Milliseconds | null;
function rounded(ms: Milliseconds | null): Milliseconds | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}

function frameText({ name, module, address }: Frame): string {
  const place = name ?? address;
  return module === null ? place : `${place} (${module})`;
}

function stackTexts(stack: Stack | null): string[] {
  return (stack?.frames ?? []).map(frameText);
}

function toMomentJson({
  moment,
  asked,
  atMs,
  kernel,
  kernelProblem,
  user,
  userProblem,
}: MomentStacks): MomentJson {
  return {
    moment,
    ...(asked && { asked: asked.text }),
    atMs: rounded(atMs),
    kernelStack: stackTexts(kernel),
    kernelProblem,
    kernelHint: kernel?.hint ?? null,
    userStack: stackTexts(user),
    userProblem,
    userFrames: user?.frames ?? [],
    userFingerprint: user?.fingerprint ?? null,
    userHint: user?.hint ?? null,
  };
}

/** The stack of the failure where there is one, else that of the connect. */
function tellingStack(detail: AttemptDetail, kind: 'user' | 'kernel'): string[] {
  const at = (moment: string) =>
    detail.stacks.find((each) => each.moment === moment)?.[kind] ?? null;
  return stackTexts(at('failure') ?? at('connect'));
}

function statesOf({ events }: AttemptDetail): { state: TcpState; atMs: Milliseconds }[] {
  return events.flatMap(({ kind, newState, atMs }) => {
    return kind === 'state' && newState !== null ? [{ state: newState, atMs: rounded(atMs) }] : [];
  });
}

function troublesOf({ events }: AttemptDetail): TroubleJson[] {
  return events
    .filter(({ kind }) => TROUBLES.has(kind))
    .map(({ kind, atMs, text }) => ({ kind, atMs: rounded(atMs), text }));
}

function processOf({ owner }: AttemptDetail): AttemptJson['process'] {
  if (owner === null) return null;
  const { pid, comm, exe, cmdline, uid, unit, container } = owner;
  return { pid, comm, exe, cmdline, uid, unit, container };
}

function syscallOf({ call, direction }: AttemptRow): string | null {
  if (call !== null) return call;
  if (direction === 'unknown') return null;
  return direction === 'outgoing' ? 'connect' : 'accept';
}

function verdictOf({ verdict }: AttemptDetail): VerdictJson | null {
  if (verdict === null) return null;
  const { id, sentence, confidence, evidence, next, command } = verdict;
  return { id, sentence, confidence, evidence, next, command };
}

/** Everything that a script may want to know of an attempt. Keys are always there; what is unknown is null. */
export function attemptJson(detail: AttemptDetail): AttemptJson {
  const { row } = detail;
  const again = detail.events.filter(
    ({ kind }) => kind === 'retransmit' || kind === 'synack-retransmit',
  );
  return {
    attempt: row.id,
    direction: row.direction,
    syscall: syscallOf(row),
    family: row.family,
    outcome: row.outcome,
    failed: row.failed,
    troubled: !row.failed && row.verdict !== null,
    error: row.error,
    async: detail.async,
    via: detail.via,
    fd: detail.fd,
    process: processOf(detail),
    ownerSource: row.ownerSource,
    local: { address: row.localAddress, port: row.localPort },
    remote: { address: row.remoteAddress, port: row.remotePort },
    startedAt: row.startedAt === null ? null : new Date(row.startedAt).toISOString(),
    connectMs: rounded(row.connectMs),
    durationMs: rounded(row.durationMs),
    rttMs: rounded(row.rttMs),
    retransmits: row.retransmits,
    retransmitAtMs: again.map(({ atMs }) => rounded(atMs)),
    bytesSent: row.bytesSent,
    bytesReceived: row.bytesReceived,
    closedBy: row.closedBy,
    incomplete: row.incomplete,
    states: statesOf(detail),
    troubles: troublesOf(detail),
    kernelStack: tellingStack(detail, 'kernel'),
    userStack: tellingStack(detail, 'user'),
    stacks: detail.stacks.map(toMomentJson),
    verdict: verdictOf(detail),
  };
}
