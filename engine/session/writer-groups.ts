// Puts failed attempts into groups of the same trouble as they are written: verdict, errno,
// place in the program, destination. Used by engine/session/writer.ts; read by
// engine/query/groups.ts.
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { errnoName } from '../../contract/errno.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Fingerprint } from './fingerprint.ts';

/** What a group is: everything that its attempts have in common. */
export interface FailureKind {
  readonly id: number;
  readonly verdict: string;
  readonly error: string | null;
  readonly direction: Attempt['direction'];
  readonly address: string;
  readonly port: number;
  readonly fingerprint: Fingerprint | null;
}

/** The names of stacks, as far as they are known: engine/session/writer-stacks.ts. */
export interface NamedStacks {
  isPending(rowId: number): boolean;
  fingerprint(rowId: number): Fingerprint | null;
}

/** Names that have not come by then will not be waited for. */
const PATIENCE_NS = 10_000_000_000;
/** 52 bits: exact in a JavaScript number, and 13 hexadecimal digits. */
const ID_DIGITS = 13;

function destinationOf(attempt: Attempt): { address: string; port: number } {
  const { direction, localAddress, localPort, remoteAddress, remotePort } = attempt;
  const isLocal = direction === 'accepted' || (remoteAddress === '' && remotePort === 0);
  return isLocal
    ? { address: localAddress, port: localPort }
    : { address: remoteAddress, port: remotePort };
}

/** The kind of a failure that has its verdict. */
export function kindOf(attempt: Attempt, fingerprint: Fingerprint | null): FailureKind {
  const { address, port } = destinationOf(attempt);
  const kind = {
    verdict: attempt.verdict?.rule ?? 'unknown',
    error: attempt.errno === 0 ? null : errnoName(attempt.errno),
    direction: attempt.direction,
    address,
    port,
  };
  // Where the place in the program is not known, it is the program that failures have in common.
  const place = fingerprint?.hash ?? `program ${attempt.owner?.comm ?? ''}`;
  const key = JSON.stringify([...Object.values(kind), place, attempt.call]);
  const hash = createHash('sha256').update(key).digest('hex');
  return { ...kind, id: Number.parseInt(hash.slice(0, ID_DIGITS), 16), fingerprint };
}

export class GroupStore {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #stacks: NamedStacks;
  readonly #known = new Set<number>();
  /** Ended failures that wait for the names of their stack. */
  readonly #waiting = new Map<Attempt, SessionNanoseconds>();
  /** Gets each kind that was not in the file, with its first attempt. */
  onNew: (kind: FailureKind, attempt: Attempt) => void = () => {};

  constructor(database: DatabaseSync, stacks: NamedStacks) {
    this.#database = database;
    this.#stacks = stacks;
    this.#insert = database.prepare(
      `INSERT OR IGNORE INTO failure_group
       (id, verdict, error, direction, address, port, fingerprint, stack, first_ns)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** Gives an attempt that is about to be written its group. `last`: no more names will come. */
  assign(attempt: Attempt, nowNs: SessionNanoseconds, last = false): void {
    attempt.group = this.#groupOf(attempt, nowNs, last);
  }

  #groupOf(attempt: Attempt, nowNs: SessionNanoseconds, last: boolean): number | null {
    const { failed, verdict, race, userStack } = attempt;
    if (!failed || verdict === null || race !== null) {
      this.#waiting.delete(attempt);
      return null;
    }
    const since = this.#waiting.get(attempt) ?? nowNs;
    const waits = !last && this.#stacks.isPending(userStack) && nowNs - since < PATIENCE_NS;
    if (waits) {
      this.#waiting.set(attempt, since);
      return null;
    }
    this.#waiting.delete(attempt);
    return this.#put(kindOf(attempt, this.#stacks.fingerprint(userStack)), attempt);
  }

  #put(kind: FailureKind, attempt: Attempt): number {
    const { id, verdict, error, direction, address, port, fingerprint } = kind;
    if (this.#known.has(id)) return id;
    const hash = fingerprint?.hash ?? null;
    const text = fingerprint?.text ?? null;
    const values = [id, verdict, error, direction, address, port, hash, text];
    const { changes } = this.#insert.run(...values, attempt.beginNs);
    this.#known.add(id);
    if (changes !== 0) this.onNew(kind, attempt);
    return id;
  }

  /** Failures whose stack has its names by now, or will not get any. */
  takeReady(nowNs: SessionNanoseconds, last = false): Attempt[] {
    const ready: Attempt[] = [];
    for (const [attempt, since] of this.#waiting) {
      const waits = this.#stacks.isPending(attempt.userStack) && nowNs - since < PATIENCE_NS;
      if (last || !waits) ready.push(attempt);
    }
    return ready;
  }

  /** Removes groups that have no attempt any more. */
  tidy(): void {
    this.#database.exec(
      `DELETE FROM failure_group WHERE id NOT IN
       (SELECT failure_group FROM attempt WHERE failure_group IS NOT NULL)`,
    );
    this.forget();
  }

  /** Rows were removed or rolled back: none is known any more. */
  forget(): void {
    this.#known.clear();
  }
}
