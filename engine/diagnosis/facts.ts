// Everything that a rule may look at: the attempt, its recorded events, and what the
// machine looked like when it ended. Made by engine/diagnosis/diagnosis.ts.
import type { EventKind } from '../../contract/attempt.ts';
import { errnoName } from '../../contract/errno.ts';
import type { Errno, Milliseconds, SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { EventDetail } from '../session/detail.ts';
import type { ContextAbout, ContextDetail } from './context.ts';

/** A recorded event of an attempt, as it is remembered until the attempt is diagnosed. */
export interface EventNote {
  /** Row of the table `event`; 0 when it could not be written. */
  readonly id: number;
  readonly timeNs: SessionNanoseconds;
  readonly kind: EventKind;
  /** Kernel's state numbers; 0 = none. */
  readonly oldState: number;
  readonly newState: number;
  readonly errno: Errno;
  readonly detail: EventDetail | null;
}

/** A piece of context with the event that holds it. */
export interface ContextNote<About extends ContextAbout> {
  readonly id: number;
  readonly detail: Extract<ContextDetail, { about: About }>;
}

const NS_PER_MS = 1_000_000;

/** The peer is this machine: loopback, or the kernel chose the peer's address as source, as it does for its own. */
export function isOwnAddress({ remoteAddress, localAddress }: Attempt): boolean {
  return (
    remoteAddress.startsWith('127.') || remoteAddress === '::1' || remoteAddress === localAddress
  );
}

export class Facts {
  readonly attempt: Attempt;
  readonly events: readonly EventNote[];

  constructor(attempt: Attempt) {
    this.attempt = attempt;
    this.events = attempt.notes.all();
  }

  /** Name of the errno that it ended with, '' for none. */
  get error(): string {
    return this.attempt.errno === 0 ? '' : errnoName(this.attempt.errno);
  }

  /** Whether a connection was established, seen or concluded. */
  get wasEstablished(): boolean {
    return this.attempt.establishedNs !== null;
  }

  /** From the first SYN, or from when it was first seen, to its end. */
  get lastedMs(): Milliseconds {
    const { startedNs, beginNs, endedNs } = this.attempt;
    return ((endedNs ?? beginNs) - (startedNs ?? beginNs)) / NS_PER_MS;
  }

  /** The peer is the same network namespace: shown by its address, or found when the machine was asked. */
  get peerIsLocal(): boolean {
    if (isOwnAddress(this.attempt)) return true;
    const listener = this.context('listener')?.detail;
    return listener?.own === true || this.context('route')?.detail.local === true;
  }

  all(kind: EventKind): readonly EventNote[] {
    return this.events.filter((event) => event.kind === kind);
  }

  first(kind: EventKind): EventNote | null {
    return this.events.find((event) => event.kind === kind) ?? null;
  }

  last(kind: EventKind): EventNote | null {
    return this.events.findLast((event) => event.kind === kind) ?? null;
  }

  /** The change into or out of a state. */
  change(oldState: number | null, newState: number | null): EventNote | null {
    const matches = (event: EventNote) =>
      event.kind === 'state' &&
      (oldState === null || event.oldState === oldState) &&
      (newState === null || event.newState === newState);
    return this.events.findLast(matches) ?? null;
  }

  /** What was asked of the machine about something; null when it was not asked or could not be told. */
  context<About extends ContextAbout>(about: About): ContextNote<About> | null {
    for (const { id, kind, detail } of this.events) {
      const context = detail as ContextDetail | null;
      if (kind === 'context' && context?.about === about) {
        return { id, detail: context as ContextNote<About>['detail'] };
      }
    }
    return null;
  }
}
