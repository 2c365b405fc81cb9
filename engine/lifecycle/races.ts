// Attempts of one program to several addresses of the same service, of which it needs one
// (Happy Eyeballs, RFC 8305): which one won, and which gave way to it. Told by states.ts and
// live-attempts.ts; what it finds is `Attempt.race`.
//
// Nothing but their timing ties the attempts of a race together, so it must be telling: with
// two address families it is what every resolver library does; within one family the loser
// must have been dropped as soon as the winner was there.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';

const MS = 1_000_000;
/** Between the begins of two attempts of a race: RFC 8305 waits 250 ms before each next one. */
const BEGIN_NS = 1000 * MS;
/** Between the winner's connect and the loser's end. */
const GIVE_WAY_NS = 2000 * MS;
/** The same within one family, where a program may well talk to two hosts at once. */
const AT_ONCE_NS = 200 * MS;
/** Between the loser's end and the begin of the next one, when they go one after the other. */
const SUCCESSION_NS = 100 * MS;
/** Attempts remembered in all, about 100 bytes each beside themselves, and of one program to one port. */
const REMEMBERED = 10_000;
const OF_ONE = 32;

function keyOf({ owner, netns, remotePort }: Attempt): string {
  return `${owner?.pid} ${netns} ${remotePort}`;
}

function wonBy({ id, remoteAddress, family }: Attempt): NonNullable<Attempt['race']> {
  return { id, address: remoteAddress, family };
}

/** A failure that says that this address does not work, while another one may. */
const GONE_OUTCOMES: ReadonlySet<Attempt['outcome']> = new Set([
  'refused',
  'unreachable',
  'timed-out',
  'failed',
]);

/** Whether `loser`, which has ended, gave way to `winner`, which is established. */
export function gaveWay(loser: Attempt, winner: Attempt): boolean {
  const { endedNs } = loser;
  const { establishedNs } = winner;
  if (endedNs === null || establishedNs === null || loser.establishedNs !== null) return false;
  if (loser.remoteAddress === winner.remoteAddress) return false;
  if (Math.abs(loser.beginNs - winner.beginNs) > BEGIN_NS) return false;
  const otherFamily = loser.family !== winner.family;
  const patienceNs = otherFamily ? GIVE_WAY_NS : AT_ONCE_NS;
  const overlapped = winner.beginNs <= endedNs;
  if (loser.outcome === 'abandoned' && overlapped && endedNs >= establishedNs) {
    return endedNs - establishedNs <= patienceNs;
  }
  // Dropped or refused before there was a winner: only the other family is the same service for sure.
  const gone = loser.outcome === 'abandoned' || GONE_OUTCOMES.has(loser.outcome);
  const atOnce = overlapped || winner.beginNs - endedNs <= SUCCESSION_NS;
  return otherFamily && gone && atOnce && Math.abs(establishedNs - endedNs) <= GIVE_WAY_NS;
}

export class Races {
  readonly #byKey = new Map<string, Attempt[]>();
  /** In the order of their begins. */
  readonly #all = new Set<Attempt>();
  readonly #onLate: (loser: Attempt) => void;

  /** `onLate` gets an attempt that had ended, and was told as ended, before its winner connected. */
  constructor(onLate: (loser: Attempt) => void) {
    this.#onLate = onLate;
  }

  /** An outgoing attempt begins; its owner and its tuple are known. */
  began(attempt: Attempt): void {
    if (attempt.owner === null || attempt.remotePort === 0) return;
    const key = keyOf(attempt);
    const rivals = this.#byKey.get(key);
    if (rivals) rivals.push(attempt);
    else this.#byKey.set(key, [attempt]);
    this.#all.add(attempt);
    attempt.contested = true;
    const [oldest] = rivals && rivals.length > OF_ONE ? rivals : this.#all;
    const tooMany = this.#all.size > REMEMBERED || (rivals && rivals.length > OF_ONE);
    if (tooMany && oldest) this.#forget(oldest);
  }

  established(winner: Attempt): void {
    if (!winner.contested) return;
    for (const rival of this.#byKey.get(keyOf(winner)) ?? []) {
      if (!rival.final || rival.race !== null || !gaveWay(rival, winner)) continue;
      rival.race = wonBy(winner);
      this.#onLate(rival);
    }
  }

  /** The outcome of an attempt stands. */
  ended(loser: Attempt): void {
    if (!loser.contested || !loser.failed) return;
    const winner = this.#byKey.get(keyOf(loser))?.find((rival) => gaveWay(loser, rival));
    if (winner) loser.race = wonBy(winner);
  }

  /** Forgets what can be part of no race any more. */
  tick(nowNs: SessionNanoseconds): void {
    for (const attempt of this.#all) {
      // They began one after the other, so that the rest is younger still.
      if (nowNs - attempt.beginNs <= GIVE_WAY_NS) break;
      const decidedNs = attempt.endedNs ?? attempt.establishedNs;
      const lasts = decidedNs === null || nowNs - decidedNs <= GIVE_WAY_NS;
      if (!lasts) this.#forget(attempt);
    }
  }

  #forget(attempt: Attempt): void {
    attempt.contested = false;
    if (attempt.judged) attempt.notes.clear();
    this.#all.delete(attempt);
    const key = keyOf(attempt);
    const rest = (this.#byKey.get(key) ?? []).filter((rival) => rival !== attempt);
    if (rest.length > 0) this.#byKey.set(key, rest);
    else this.#byKey.delete(key);
  }
}
