// Whether the rules of `synscope expect` hold for what a command did. From the rows of a
// session (cli/expect/expect.ts) to what cli/expect/report.ts says.
import type { AttemptRow } from '../../contract/attempt.ts';
import type { AttemptId } from '../../contract/units.ts';
import { formatDuration } from '../duration.ts';
import type { Check, Deed, Noun, Rule } from './rules.ts';

/** An attempt of the command; `lostRace` when it gave way to one to another address. */
export interface JudgedRow extends AttemptRow {
  readonly lostRace: boolean;
}

export interface Judgement {
  readonly rule: Rule;
  readonly held: boolean;
  /** One sentence with the numbers. */
  readonly reason: string;
  /** Attempts that broke it, in the order in which they began. */
  readonly brokenBy: readonly AttemptId[];
  /** Attempts that were left out since another address of the same service won the race. */
  readonly excused: number;
}

const hasConnected = ({ connectMs, outcome }: JudgedRow): boolean => {
  return connectMs !== null || outcome === 'open' || outcome === 'closed' || outcome === 'reset';
};
/** Nobody waited any longer: the kernel, or the program by a timeout of its own. */
const timedOut = ({ outcome }: JudgedRow): boolean => {
  return outcome === 'timed-out' || outcome === 'abandoned';
};

const DID: { readonly [deed in Deed]: (row: JudgedRow) => boolean } = {
  fail: ({ failed }) => failed,
  'time out': timedOut,
  'be refused': ({ outcome }) => outcome === 'refused',
  'be reset': ({ outcome, failed }) => outcome === 'reset' && failed,
  'be unreachable': ({ outcome }) => outcome === 'unreachable',
  retransmit: ({ retransmits }) => retransmits > 0,
};

const COUNTED: { readonly [noun in Noun]: (row: JudgedRow) => boolean } = {
  connects: ({ call }) => call === null,
  connections: hasConnected,
  accepts: ({ call }) => call === null,
  failures: DID.fail,
  timeouts: timedOut,
  refusals: DID['be refused'],
  resets: DID['be reset'],
};

const DONE: { readonly [deed in Deed]: string } = {
  fail: 'failed',
  'time out': 'timed out',
  'be refused': 'were refused',
  'be reset': 'were reset',
  'be unreachable': 'were unreachable',
  retransmit: 'had to send segments again',
};

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const idsOf = (rows: readonly JudgedRow[]) => rows.map(({ id }) => id);

function tooSlow(row: JudgedRow, withinMs: number | null): boolean {
  return withinMs !== null && (row.connectMs ?? 0) > withinMs;
}

function withinText(withinMs: number | null): string {
  return withinMs === null ? '' : ` within ${formatDuration(withinMs)}`;
}

type Verdict = Omit<Judgement, 'rule' | 'excused'>;

function eachConnects(rows: readonly JudgedRow[], withinMs: number | null): Verdict {
  const broken = rows.filter((row) => !hasConnected(row) || tooSlow(row, withinMs));
  const reason = `${broken.length} of ${plural(rows.length, 'attempt')} did not connect${withinText(withinMs)}`;
  const held = broken.length === 0;
  return {
    held,
    reason: held
      ? `${plural(rows.length, 'attempt')}, each connected${withinText(withinMs)}`
      : reason,
    brokenBy: idsOf(broken),
  };
}

function someConnects(rows: readonly JudgedRow[], withinMs: number | null): Verdict {
  const good = rows.filter((row) => hasConnected(row) && !tooSlow(row, withinMs));
  const none =
    rows.length === 0
      ? 'there was no attempt'
      : `none of ${plural(rows.length, 'attempt')} connected${withinText(withinMs)}`;
  const held = good.length > 0;
  return {
    held,
    reason: held ? `${plural(good.length, 'attempt')} connected${withinText(withinMs)}` : none,
    brokenBy: held ? [] : idsOf(rows),
  };
}

function none(rows: readonly JudgedRow[], deed: Deed): Verdict {
  const broken = rows.filter(DID[deed]);
  return {
    held: broken.length === 0,
    reason: `${broken.length} of ${plural(rows.length, 'attempt')} ${DONE[deed]}`,
    brokenBy: idsOf(broken),
  };
}

function counted(rows: readonly JudgedRow[], check: Extract<Check, { kind: 'count' }>): Verdict {
  const found = rows.filter(COUNTED[check.noun]);
  const { length } = found;
  const tooMany = check.bound !== 'at least' && length > check.count;
  const tooFew = check.bound !== 'at most' && length < check.count;
  const noun = length === 1 ? check.noun.replace(/s$/, '') : check.noun;
  return {
    held: !tooMany && !tooFew,
    reason: `there ${length === 1 ? 'was' : 'were'} ${length} ${noun}`,
    brokenBy: tooMany ? idsOf(found) : [],
  };
}

function judgeRows({ check }: Rule, rows: readonly JudgedRow[]): Verdict {
  const connects = rows.filter(({ call }) => call === null);
  switch (check.kind) {
    case 'each-connects':
      return eachConnects(connects, check.withinMs);
    case 'some-connects':
      return someConnects(connects, check.withinMs);
    case 'none':
      return none(rows, check.deed);
    case 'count':
      return counted(rows, check);
  }
}

/** `1 refused attempt was excused: …`, so that nobody takes the numbers for all that there was. */
function excuse(lost: readonly JudgedRow[]): string {
  if (lost.length === 0) return '';
  const outcomes = Map.groupBy(lost, ({ outcome }) => outcome);
  const each = [...outcomes].map(([outcome, rows]) => `${rows.length} ${outcome}`).join(' and ');
  const noun = lost.length === 1 ? 'attempt was' : 'attempts were';
  return `; ${each} ${noun} excused: another address of the same service won the race`;
}

/** `rows`: what the rule's filter selects of the command's attempts. */
export function judge(rule: Rule, rows: readonly JudgedRow[]): Judgement {
  // Two attempts of one race are one logical connect, and that is the one that won: but not
  // where the rule is about the address of the one that lost.
  const lost = rule.namesAddress ? [] : rows.filter(({ lostRace }) => lostRace);
  const verdict = judgeRows(
    rule,
    rows.filter(({ lostRace }) => rule.namesAddress || !lostRace),
  );
  const reason = `${verdict.reason}${excuse(lost)}`;
  return { rule, ...verdict, reason, excused: lost.length };
}
