// Decides what deserves to be told at once (contract/alerts.ts). Hears of attempts from the
// writer and of judged failures from the diagnosis; speaks once a second. Part of a CaptureRun
// (engine/workers/capture-run.ts), which writes the alerts and tells the shells.
import { ALERT_KINDS, type Alert, type AlertKind } from '../../contract/alerts.ts';
import { quoteValue } from '../../contract/filter/lex.ts';
import type { SessionNanoseconds, UnixMilliseconds } from '../../contract/units.ts';
import type { ContextDetail } from '../diagnosis/context.ts';
import { ruleById } from '../diagnosis/rules.ts';
import { endpoint } from '../diagnosis/words.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Pressure } from '../lifecycle/listeners.ts';
import { destinationText, groupName } from '../query/group-name.ts';
import type { FailureKind } from '../session/writer-groups.ts';
import { FailureRates } from './failure-rate.ts';
import { pressureText } from './listener-pressure.ts';
import type { Fill, MachineLimits } from './machine-limits.ts';
import { ToldOnce } from './told-once.ts';

const SECOND_NS = 1_000_000_000;
/** What fails from the start on is no news. */
const FIRST_MINUTE_NS = 60 * SECOND_NS;
/** A failure may yet turn out to have given way to another address (engine/lifecycle/races.ts). */
const RECONSIDER_NS = 3 * SECOND_NS;
const ASK_LIMITS_NS = 10 * SECOND_NS;
const TOO_FULL = 0.9;
const RATE_ATTEMPTS = 10;
const RATE_FAILED = 0.5;
/** Processes with failures whose descriptors are looked at. */
const PROCESSES = 16;
/** New kinds that wait to be told; what comes on top of so many is not news of its own. */
const WAITING = 100;

interface Waiting {
  readonly kind: FailureKind;
  readonly attempt: Attempt;
  readonly dueNs: SessionNanoseconds;
}

interface Telling {
  readonly kind: AlertKind;
  /** What is told once. */
  readonly subject: string;
  readonly text: string;
  readonly filter: string | null;
}

export interface AlertsOptions {
  readonly startedUnixMs: UnixMilliseconds;
  readonly limits: MachineLimits;
  readonly onAlert: (alert: Alert, atNs: SessionNanoseconds) => void;
}

const percent = ({ used, most }: Fill) => Math.floor((used / most) * 100);
const count = (number: number) => number.toLocaleString('en-US');
const isTooFull = ({ used, most }: Fill) => most > 0 && used / most > TOO_FULL;
const nameOf = ({ owner }: Attempt) => owner?.comm ?? 'a process that is not known';

function titleOf(kind: AlertKind): string {
  return ALERT_KINDS.find((each) => each.kind === kind)?.label ?? kind;
}

export class Alerts {
  readonly #options: AlertsOptions;
  readonly #rates = new FailureRates();
  readonly #toldOnce = new ToldOnce();
  /** The first attempts of kinds that were not seen before. */
  #newKinds: Waiting[] = [];
  #tellings: Telling[] = [];
  /** Owners of failures since the limits were looked at. */
  readonly #failing = new Map<number, string>();
  #askedNs: SessionNanoseconds = 0;
  #tickedNs: SessionNanoseconds = 0;
  #lastId = 0;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** A failure of a kind that the session did not have. */
  newKind(kind: FailureKind, attempt: Attempt): void {
    const seenNs = attempt.endedNs ?? attempt.beginNs;
    if (seenNs < FIRST_MINUTE_NS || this.#newKinds.length >= WAITING) return;
    this.#newKinds.push({ kind, attempt, dueNs: seenNs + RECONSIDER_NS });
  }

  /** The row of an attempt was written: counts it once it is decided. */
  written(attempt: Attempt): void {
    const { direction, establishedNs, endedNs, failed, race, call } = attempt;
    if (attempt.rated || direction !== 'outgoing' || call !== null) return;
    if (establishedNs === null && (endedNs === null || !attempt.final)) return;
    attempt.rated = true;
    if (race !== null) return;
    const destination = endpoint(attempt.remoteAddress, attempt.remotePort);
    const minute = this.#rates.count(destination, failed, endedNs ?? establishedNs ?? 0);
    if (!failed || minute.attempts < RATE_ATTEMPTS) return;
    if (minute.failures < minute.attempts * RATE_FAILED) return;
    const share = percent({ used: minute.failures, most: minute.attempts });
    this.#tell({
      kind: 'failure-rate',
      subject: destination,
      text: `${minute.failures} of ${minute.attempts} attempts to ${destination} within the last minute failed (${share} %).`,
      filter: `remote = ${quoteValue(destination)}`,
    });
  }

  /** A listener has no room for what comes. */
  pressed(pressure: Pressure): void {
    const { listener, port } = pressure;
    this.#tell({
      kind: 'listener',
      subject: String(listener.cookie),
      text: pressureText(pressure),
      filter: `direction = accepted and lport = ${port} and netns = ${listener.netns}`,
    });
  }

  /** A failure has its verdict, and still its notes. */
  judged(attempt: Attempt): void {
    if (attempt.owner && this.#failing.size < PROCESSES) {
      this.#failing.set(attempt.owner.pid, attempt.owner.comm);
    }
    for (const { kind, detail } of attempt.notes.all()) {
      if (kind === 'context' && detail) this.#lookAt(attempt, detail as ContextDetail);
    }
  }

  #lookAt(attempt: Attempt, detail: ContextDetail): void {
    if (detail.about === 'descriptors' && attempt.owner) {
      const fill = { used: detail.open, most: detail.limit };
      this.#descriptors(attempt.owner.pid, nameOf(attempt), fill);
    } else if (detail.about === 'conntrack-table') {
      this.#conntrack({ used: detail.entries, most: detail.most });
    } else if (detail.about === 'ports') {
      this.#ports(attempt, { used: detail.used, most: detail.last - detail.first + 1 });
    }
  }

  #descriptors(pid: number, comm: string, fill: Fill): void {
    if (!isTooFull(fill)) return;
    this.#tell({
      kind: 'descriptors',
      subject: String(pid),
      text: `${comm} (pid ${pid}) uses ${count(fill.used)} of ${count(fill.most)} file descriptors (${percent(fill)} %): at the limit no more sockets can be made (EMFILE).`,
      filter: `pid = ${pid}`,
    });
  }

  #ports(attempt: Attempt, fill: Fill): void {
    if (!isTooFull(fill)) return;
    const destination = endpoint(attempt.remoteAddress, attempt.remotePort);
    this.#tell({
      kind: 'ports',
      subject: destination,
      text: `${count(fill.used)} of ${count(fill.most)} local ports (${percent(fill)} %) are in use towards ${destination}: without a free one connect(2) fails (EADDRNOTAVAIL).`,
      filter: `remote = ${quoteValue(destination)}`,
    });
  }

  #conntrack(fill: Fill): void {
    if (!isTooFull(fill)) return;
    this.#tell({
      kind: 'conntrack',
      subject: '',
      text: `The connection tracking table has ${count(fill.used)} of ${count(fill.most)} entries (${percent(fill)} %): when it is full, packets of new connections are dropped.`,
      filter: null,
    });
  }

  #tell(telling: Telling): void {
    // Within a second many failures may say the same; the newest numbers stand.
    const others = this.#tellings.filter(({ kind, subject }) => {
      return kind !== telling.kind || subject !== telling.subject;
    });
    this.#tellings = [...others.slice(-WAITING), telling];
  }

  /** Raises what is due; to be called outside of the writer's transactions. */
  tick(nowNs: SessionNanoseconds): void {
    if (nowNs - this.#tickedNs < SECOND_NS) return;
    this.#tickedNs = nowNs;
    if (nowNs - this.#askedNs >= ASK_LIMITS_NS) this.#askLimits(nowNs);
    this.#tellNewKinds(nowNs);
    const tellings = this.#tellings;
    this.#tellings = [];
    for (const telling of tellings) this.#raise(telling, nowNs);
  }

  #askLimits(nowNs: SessionNanoseconds): void {
    this.#askedNs = nowNs;
    const { limits } = this.#options;
    const tracked = limits.conntrack();
    if (tracked) this.#conntrack(tracked);
    for (const [pid, comm] of this.#failing) {
      const fill = limits.descriptors(pid);
      if (fill) this.#descriptors(pid, comm, fill);
    }
    this.#failing.clear();
  }

  #tellNewKinds(nowNs: SessionNanoseconds): void {
    const due = this.#newKinds.filter(({ dueNs }) => dueNs <= nowNs);
    this.#newKinds = this.#newKinds.filter(({ dueNs }) => dueNs > nowNs);
    for (const { kind, attempt } of due) {
      if (attempt.group !== kind.id) continue;
      const cause = ruleById(kind.verdict)?.title ?? kind.verdict;
      const error = kind.error === null ? '' : ` (${kind.error})`;
      const place = destinationText(kind.direction, kind.address, kind.port, attempt.call);
      const where = kind.fingerprint === null ? '' : `, in ${kind.fingerprint.text}`;
      this.#tell({
        kind: 'new-failure',
        subject: String(kind.id),
        text: `${nameOf(attempt)}, ${place}: ${cause}${error}${where}. This was not seen before in this session.`,
        filter: `group = ${groupName(kind.id)}`,
      });
    }
  }

  #raise({ kind, subject, text, filter }: Telling, nowNs: SessionNanoseconds): void {
    const answer = this.#toldOnce.ask(kind, subject, nowNs);
    if (answer === 'no') return;
    const many = answer === 'many';
    this.#lastId++;
    const alert: Alert = {
      id: this.#lastId,
      kind,
      title: titleOf(kind),
      text: many ? `${text} There are more of this kind: no others are told in this minute.` : text,
      at: this.#options.startedUnixMs + nowNs / 1e6,
      filter,
    };
    this.#options.onAlert(alert, nowNs);
  }
}
