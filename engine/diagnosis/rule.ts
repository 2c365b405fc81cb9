// What a rule is. Each file in rules/ holds one: `match` decides when an attempt ends, from
// what was recorded of it; `tell` puts a finding into words when somebody reads it. Between
// the two a finding lives in the session file, as small as it can be.
import type { AttemptRow } from '../../contract/attempt.ts';
import type { Confidence } from '../../contract/verdict.ts';
import type { Facts } from './facts.ts';

export type Param = string | number | boolean;

/** What a rule concluded. */
export interface Finding {
  readonly confidence: Confidence;
  /** What the sentence needs and the row does not have. */
  readonly params: Readonly<Record<string, Param>>;
  /** Claims of the rule → event rows that prove them. */
  readonly events: Readonly<Record<string, number>>;
}

/** A claim in words; `event` names one of the finding's events. */
export interface Claim {
  readonly text: string;
  readonly event?: string;
}

export interface Telling {
  readonly sentence: string;
  readonly claims: readonly Claim[];
  readonly next: readonly string[];
  readonly command?: string | null;
}

export interface Rule {
  /** Also the name of its page: docs/verdicts/ID.md. */
  readonly id: string;
  /** For the table: two to four words. */
  readonly title: string;
  /** Null when it is not this. */
  match(facts: Facts): Finding | null;
  tell(told: Told): Telling;
}

/** A finding as it is read. The file may be a stranger's: what is missing or of another type has a default. */
export class Told {
  readonly row: AttemptRow;
  readonly #params: Readonly<Record<string, unknown>>;

  constructor(row: AttemptRow, params: Readonly<Record<string, unknown>>) {
    this.row = row;
    this.#params = params;
  }

  has(name: string): boolean {
    return this.#params[name] !== undefined && this.#params[name] !== null;
  }

  text(name: string, otherwise = '?'): string {
    const value = this.#params[name];
    return typeof value === 'string' ? value : otherwise;
  }

  number(name: string, otherwise = 0): number {
    const value = this.#params[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
  }

  flag(name: string): boolean {
    return this.#params[name] === true;
  }
}

type Evidences = Readonly<Record<string, { readonly id: number } | null | undefined>>;

/** A finding; events that are not there and params that are null are left out. */
export function found(
  confidence: Confidence,
  events: Evidences = {},
  params: Readonly<Record<string, Param | null | undefined>> = {},
): Finding {
  const ids: Record<string, number> = {};
  for (const [claim, event] of Object.entries(events))
    if (event && event.id > 0) ids[claim] = event.id;
  const known: Record<string, Param> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined) known[name] = value;
  }
  return { confidence, params: known, events: ids };
}
