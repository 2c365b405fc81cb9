// `synscope expect RULES -- COMMAND`: runs a command under capture, and tells by its exit
// status whether what it did with the network was as expected. docs/expect.md has the rules.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AttemptRow } from '../../contract/attempt.ts';
import type { Engine, LiveOptions } from '../../engine/engine-types.ts';
import { Problem } from '../../engine/problem.ts';
import { SessionReader } from '../../engine/query/reader.ts';
import { EVERYTHING } from '../../engine/query/selection.ts';
import { dropInheritedRights } from '../../engine/rights.ts';
import { startCapture } from '../capture.ts';
import { explain, pointInto, UsageProblem } from '../complain.ts';
import { paintFor } from '../format.ts';
import { print } from '../interrupt.ts';
import { type CommandEnd, runCommand, Signals } from './command.ts';
import { Family, withDescendants } from './family.ts';
import { type JudgedRow, type Judgement, judge } from './judge.ts';
import { type Report, reportJson, reportText, SHOWN } from './report.ts';
import { parseRules, type Rule } from './rules.ts';

export interface ExpectOptions {
  /** Rules, or `@FILE` with rules in it. */
  readonly rules: string;
  readonly command: readonly string[];
  readonly json: boolean;
  /** Where the report goes; null = stderr, as JSON stdout. */
  readonly output: string | null;
}

/** A rule was broken. */
const BROKEN = 3;
/** Nothing was watched: no capture, or it could not be kept. */
const NOT_WATCHED = 2;
/** A command may run for as long as it likes; only its size is bounded. */
const BOUNDS = { maxAgeMs: 30 * 24 * 3_600_000, maxBytes: 2 * 1024 ** 3 };
const PAGE = 500;

function readRuleFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageProblem(`The rules cannot be read: ${why}.`);
  }
}

/** The line of a text that a place is in, and the place within it. */
function lineOf(text: string, { from, to }: { from: number; to: number }) {
  const begin = text.lastIndexOf('\n', from - 1) + 1;
  const newline = text.indexOf('\n', from);
  const end = newline < 0 ? text.length : newline;
  const number = text.slice(0, begin).split('\n').length;
  return {
    number,
    text: text.slice(begin, end),
    from: from - begin,
    to: Math.min(to, end) - begin,
  };
}

/** Reads the rules; throws a `UsageProblem` that points at what is wrong. */
export function loadRules(given: string): readonly Rule[] {
  const path = given.startsWith('@') ? given.slice(1) : null;
  const text = path === null ? given : readRuleFile(path);
  const parsed = parseRules(text);
  if (parsed.ok) return parsed.rules;
  const line = lineOf(text, parsed.error);
  const where = path === null ? 'The rules' : `${path}:${line.number}:${line.from + 1}: the rules`;
  const sentence = `${where} cannot be read: ${parsed.error.sentence}\n${pointInto(line.text, line)}`;
  throw new UsageProblem(sentence, 'docs/expect.md lists what a rule can say.');
}

function readRows(reader: SessionReader): AttemptRow[] {
  const rows: AttemptRow[] = [];
  const sort = { column: 'started', descending: false } as const;
  for (let more = true; more; ) {
    const query = {
      session: 'live',
      selection: EVERYTHING,
      sort,
      offset: rows.length,
      limit: PAGE,
    };
    const page = reader.attempts(query);
    rows.push(...page.rows);
    more = page.rows.length > 0 && rows.length < page.total;
  }
  return rows;
}

function idsOf(reader: SessionReader, filter: string): Set<number> {
  return new Set(reader.selectedIds({ ...EVERYTHING, filter }));
}

/** The attempts of the command, and how many had no owner. */
function rowsOf(reader: SessionReader, family: ReadonlySet<number>) {
  const all = withDescendants(family, reader.processes());
  const losers = idsOf(reader, 'race != none');
  const rows = readRows(reader);
  const ours = rows.filter(({ pid }) => pid !== null && all.has(pid));
  return {
    ours: ours.map((row): JudgedRow => ({ ...row, lostRace: losers.has(row.id) })),
    ownerless: rows.filter(({ pid, direction }) => pid === null && direction === 'outgoing').length,
  };
}

function notesOf(reader: SessionReader, ownerless: number): string[] {
  const { lost, notes } = reader.status();
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return [
    ...(lost > 0
      ? [`${many(lost, 'event')} got lost: a rule may be broken without being told so.`]
      : []),
    ...(ownerless > 0
      ? [`${many(ownerless, 'attempt')} of this machine had no known owner and were not judged.`]
      : []),
    ...notes,
  ];
}

function judgeAll(path: string, rules: readonly Rule[], family: Family, status: number): Report {
  const names = { session: 'live', kind: 'file', name: null, live: () => null } as const;
  const reader = SessionReader.open(path, names);
  try {
    const { ours, ownerless } = rowsOf(reader, family.pids);
    const judgements = rules.map((rule): Judgement => {
      const selected = idsOf(reader, rule.filter);
      return judge(
        rule,
        ours.filter(({ id }) => selected.has(id)),
      );
    });
    const shown = new Set(judgements.flatMap(({ brokenBy }) => brokenBy.slice(0, SHOWN)));
    const details = new Map(
      [...shown].flatMap((id) => {
        const detail = reader.attempt(id);
        return detail ? [[id, detail] as const] : [];
      }),
    );
    return {
      judgements,
      details,
      attempts: ours.length,
      status,
      notes: notesOf(reader, ownerless),
    };
  } finally {
    reader.close();
  }
}

async function tell(report: Report, { json, output }: ExpectOptions): Promise<void> {
  const coloured = output === null && process.stderr.isTTY === true && process.stderr.hasColors();
  const text = `${json ? reportJson(report) : reportText(report, paintFor(coloured))}\n`;
  if (output !== null) writeFileSync(output, text);
  else if (json) await print(text);
  else process.stderr.write(text);
}

/** The engine, or null after having said why there is no capture. */
async function capture(): Promise<Engine | null> {
  const live: LiveOptions = { path: null, bounds: BOUNDS };
  try {
    return await startCapture(live, 'the command begins');
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'no-capture') throw error;
    process.stderr.write(explain(error, '').text);
    return null;
  }
}

async function watch(engine: Engine, options: ExpectOptions, signals: Signals) {
  // The command gets no more rights than it would have without us.
  dropInheritedRights();
  const families: Family[] = [];
  const end = await runCommand(options.command, signals, (pid) => families.push(new Family(pid)));
  const [family = null] = families;
  family?.stop();
  await engine.stopCapture();
  return { end, family };
}

async function conclude(
  path: string,
  rules: readonly Rule[],
  { end, family }: { end: CommandEnd; family: Family | null },
  options: ExpectOptions,
): Promise<number> {
  if (family === null || end.problem !== null) {
    process.stderr.write(`synscope expect: ${end.problem ?? 'the command did not start'}\n`);
    return end.status;
  }
  const report = judgeAll(path, rules, family, end.status);
  await tell(report, options);
  return report.judgements.every(({ held }) => held) ? end.status : BROKEN;
}

/**
 * Returns the exit status: the command's own when every rule held, 3 when one was broken, 2
 * when there was no capture.
 */
export async function expect(options: ExpectOptions): Promise<number> {
  const rules = loadRules(options.rules);
  const signals = new Signals();
  const engine = await capture();
  if (engine === null) return NOT_WATCHED;
  let unwritten = 0;
  engine.onNotice((notice) => {
    if (notice.kind === 'changed') unwritten = Math.max(unwritten, notice.status.unwritten);
  });
  const path = engine.livePath ?? '';
  try {
    if (signals.cameEarly) return 130;
    const watched = await watch(engine, options, signals);
    if (unwritten === 0) return await conclude(path, rules, watched, options);
    process.stderr.write(
      'synscope expect: what happened could not be written to the disk, so the rules cannot be judged.\n',
    );
    return NOT_WATCHED;
  } finally {
    await engine.stop();
    rmSync(path, { force: true });
  }
}
