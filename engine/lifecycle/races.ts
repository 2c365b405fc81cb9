// Attempts of one program to several addresses of the same service, of which it needs one
// (Happy Eyeballs, RFC 8305): which one won, and which gave way to it. Told by states.ts and
// live-attempts.ts; what it finds is `Attempt.race`.
//
// Which name a program looked up is not known, so that nothing but timing and order ties the
// attempts of a race together, and both must be telling. One that was dropped when the winner was
// there is known by that moment; within one family, or by another thread, it must be the same
// moment. One that was refused before there was a winner may as well be another host's: only
// loopback addresses are one host for sure, and otherwise the same thread must have gone from IPv6
// on to IPv4 (the order of RFC 6724) with no other connection between them.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';

const MS = 1_000_000;
/** Between the begins of two attempts of a race: RFC 8305 waits 250 ms before each next one. */
const BEGIN_NS = 1000 * MS;
/** Between the winner's connect and the loser's end. */
const GIVE_WAY_NS = 2000 * MS;
/** The same within one family or by two threads, where a program may well talk to two hosts at once. */
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

function isLoopback({ remoteAddress }: Attempt): boolean {
  return remoteAddress === '::1' || remoteAddress.startsWith('127.');
}

/** Of the system calls that asked for them, where those are known. */
function ofOneThread(one: Attempt, other: Attempt): boolean {
  return one.tid !== null && one.tid === other.tid;
}

/** Whether an attempt that ended before there was a winner may have been to the winner's host. */
function mayBeOneHost(loser: Attempt, winner: Attempt, all: readonly Attempt[]): boolean {
  if (isLoopback(loser)) return true;
  if (loser.family !== 'ipv6' || !ofOneThread(loser, winner)) return false;
  // Whoever races is content with the first that connects.
  return !all.some(({ beginNs, establishedNs }) => {
    return establishedNs !== null && beginNs >= loser.beginNs && beginNs < winner.beginNs;
  });
}

/**
 * Whether `loser`, which has ended, gave way to `winner`, which is established. `all`: of the same
 * program to the same port.
 */
function gaveWay(loser: Attempt, winner: Attempt, all: readonly Attempt[]): boolean {
  const { endedNs } = loser;
  const { establishedNs } = winner;
  if (endedNs === null || establishedNs === null || loser.establishedNs !== null) return false;
  if (loser.remoteAddress === winner.remoteAddress) return false;
  if (isLoopback(loser) !== isLoopback(winner)) return false;
  if (Math.abs(loser.beginNs - winner.beginNs) > BEGIN_NS) return false;
  const otherFamily = loser.family !== winner.family;
  const patienceNs = otherFamily && ofOneThread(loser, winner) ? GIVE_WAY_NS : AT_ONCE_NS;
  const overlapped = winner.beginNs <= endedNs;
  if (loser.outcome === 'abandoned' && overlapped && endedNs >= establishedNs) {
    return endedNs - establishedNs <= patienceNs;
  }
  // Dropped or refused before there was a winner: only the other family is the same service for sure.
  const gone = loser.outcome === 'abandoned' || GONE_OUTCOMES.has(loser.outcome);
  const atOnce = overlapped || winner.beginNs - endedNs <= SUCCESSION_NS;
  const soon = atOnce && Math.abs(establishedNs - endedNs) <= GIVE_WAY_NS;
  return otherFamily && gone && soon && mayBeOneHost(loser, winner, all);
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
    const all = this.#byKey.get(keyOf(winner)) ?? [];
    for (const rival of all) {
      if (!rival.final || rival.race !== null || !gaveWay(rival, winner, all)) continue;
      rival.race = wonBy(winner);
      this.#onLate(rival);
    }
  }

  /** The outcome of an attempt stands. */
  ended(loser: Attempt): void {
    if (!loser.contested || !loser.failed) return;
    const all = this.#byKey.get(keyOf(loser)) ?? [];
    const winner = all.find((rival) => gaveWay(loser, rival, all));
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
