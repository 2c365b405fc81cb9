// Filter tree → SQL condition over `attempt a`. The text that a person typed only ever
// becomes a bound parameter. From contract/filter/, to selection.ts.
import { formatRange } from '../../contract/filter/address.ts';
import type { Filter, FilterTime, FilterValue, WordEndpoint } from '../../contract/filter/ast.ts';
import type { FieldName, FlagName, Operator } from '../../contract/filter/fields.ts';
import { compareFrame, containing } from './frame-sql.ts';
import { groupNumber } from './group-name.ts';
import { liesIn } from './network-sql.ts';

export type SqlValue = string | number;

/** A piece of SQL and the values of its `?`, in order. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** What points in time are relative to. */
export interface SessionClock {
  readonly startedUnixMs: number;
  /** Time of the newest batch, ns since the session began: "now". */
  readonly nowNs: number;
}

const NS_PER_MS = 1_000_000;
/** A longer command line was not recorded by Synscope, and is not looked into. */
export const MAX_CMDLINE_BYTES = 1_048_576;

const NEVER: Sql = { text: '0', values: [] };

function sql(text: string, ...values: SqlValue[]): Sql {
  return { text, values };
}

export function joinSql(parts: readonly Sql[], operator: 'AND' | 'OR'): Sql {
  return {
    text: `(${parts.map(({ text }) => text).join(` ${operator} `)})`,
    values: parts.flatMap(({ values }) => values),
  };
}

/** LIKE ignores case for ASCII letters. */
function like(column: string, text: string): Sql {
  return sql(`${column} LIKE ? ESCAPE '\\'`, containing(text));
}

/** What a field compares: a column of the attempt, of its process, or something computed. */
interface Column {
  readonly sql: string;
  readonly of: 'attempt' | 'process';
  /** Column units in one unit of the filter: 1,000,000 for ms kept as ns. */
  readonly scale: number;
}

function attempt(text: string, scale = 1): Column {
  return { sql: text, of: 'attempt', scale };
}

function process(text: string): Column {
  return { sql: text, of: 'process', scale: 1 };
}

type ScalarField = Exclude<
  FieldName,
  'remote' | 'local' | 'raddr' | 'laddr' | 'port' | 'group' | 'frame'
>;

function columnOf(field: ScalarField, clock: SessionClock): Column {
  switch (field) {
    case 'proc':
      return process('comm');
    case 'cmd':
      // The JSON text, without its brackets and quotes, reads as arguments joined by blanks.
      return process(
        `(SELECT group_concat(value, ' ') FROM json_each(CASE WHEN octet_length(cmdline) <= ${MAX_CMDLINE_BYTES} AND json_valid(cmdline) THEN cmdline ELSE '[]' END))`,
      );
    case 'pid':
    case 'exe':
    case 'user':
    case 'uid':
    case 'unit':
    case 'container':
      return process(field);
    case 'rport':
      return attempt('a.remote_port');
    case 'lport':
      return attempt('a.local_port');
    case 'verdict':
      return attempt('a.verdict');
    case 'closedby':
      return attempt('a.closed_by');
    case 'rtt':
      return attempt('nullif(a.srtt_us, 0)', 1000);
    case 'connect':
      return attempt('(a.established_ns - a.started_ns)', NS_PER_MS);
    case 'duration':
      return attempt(
        `(coalesce(a.ended_ns, ${Math.round(clock.nowNs)}) - a.started_ns)`,
        NS_PER_MS,
      );
    case 'bytes':
      return attempt('(a.bytes_sent + a.bytes_received)');
    case 'sent':
      return attempt('a.bytes_sent');
    case 'received':
      return attempt('a.bytes_received');
    case 'started':
      return attempt('a.started_ns', NS_PER_MS);
    case 'state':
    case 'outcome':
    case 'error':
    case 'family':
    case 'direction':
    case 'retransmits':
    case 'race':
    case 'netns':
      return attempt(`a.${field}`);
  }
}

const FLAG_SQL: { readonly [flag in FlagName]: string } = {
  failed: 'a.failed = 1',
  troubled: '(a.failed = 0 AND a.verdict IS NOT NULL)',
  open: "a.outcome = 'open'",
  async: 'a.async = 1',
  incomplete: 'a.incomplete = 1',
};

function timeToMs(time: FilterTime, clock: SessionClock): number {
  const nowMs = clock.nowNs / NS_PER_MS;
  if ('beforeEndMs' in time) return nowMs - time.beforeEndMs;
  if ('unixMs' in time) return time.unixMs - clock.startedUnixMs;
  // An hour of the day means the day of the newest event, on this machine's clock.
  const day = new Date(clock.startedUnixMs + nowMs);
  day.setHours(0, 0, 0, 0);
  return day.getTime() + time.msOfDay - clock.startedUnixMs;
}

/** Comparison of one column with one value, in the column's own unit. */
function compareScalar(
  column: Column,
  operator: Operator,
  value: FilterValue,
  clock: SessionClock,
): Sql {
  const { sql: left, scale } = column;
  switch (value.kind) {
    case 'none':
      return sql(`${left} IS NULL`);
    case 'text':
      return operator === '~'
        ? like(left, value.text)
        : sql(`${left} = ? COLLATE NOCASE`, value.text);
    case 'number': {
      const half = (value.precision * scale) / 2;
      const number = value.number * scale;
      if (operator !== '=' || half === 0) return sql(`${left} ${operator} ?`, number);
      return sql(`(${left} >= ? AND ${left} < ?)`, number - half, number + half);
    }
    case 'time':
      return sql(`${left} ${operator} ?`, timeToMs(value.time, clock) * scale);
    case 'address':
      return NEVER;
  }
}

function addressIs(column: string, endpoint: WordEndpoint, portColumn: string): Sql {
  const parts: Sql[] = [];
  const { range, port } = endpoint;
  if (range !== null) {
    const whole = range.bits === range.bytes.length * 8;
    parts.push(whole ? sql(`${column} = ?`, formatRange(range)) : liesIn(column, range));
  }
  if (port !== null) parts.push(sql(`${portColumn} = ?`, port));
  return joinSql(parts, 'AND');
}

function compareAddress(side: 'remote' | 'local', operator: Operator, value: FilterValue): Sql {
  const column = `a.${side}_address`;
  if (value.kind === 'address') return addressIs(column, value, `a.${side}_port`);
  if (value.kind !== 'text') return NEVER;
  if (operator === '~') return like(`(${column} || ':' || a.${side}_port)`, value.text);
  return sql(`${column} = ?`, value.text);
}

/** A group is kept as a number, by which the index finds its attempts. */
function compareGroup(operator: Operator, value: FilterValue, clock: SessionClock): Sql {
  if (value.kind === 'text' && operator === '=') {
    const number = groupNumber(value.text);
    return number === null ? NEVER : sql('a.failure_group = ?', number);
  }
  const name = attempt("printf('%013x', a.failure_group)");
  const known = sql('a.failure_group IS NOT NULL');
  if (value.kind === 'none') return sql('a.failure_group IS NULL');
  return joinSql([known, compareScalar(name, operator, value, clock)], 'AND');
}

/** One value against one field; `!=` is made of `=` by the caller. */
function compareOne(
  field: FieldName,
  operator: Operator,
  value: FilterValue,
  clock: SessionClock,
): Sql {
  switch (field) {
    case 'remote':
    case 'raddr':
      return compareAddress('remote', operator, value);
    case 'local':
    case 'laddr':
      return compareAddress('local', operator, value);
    case 'group':
      return compareGroup(operator, value, clock);
    case 'frame':
      return compareFrame(operator, value);
    case 'port': {
      const sides = [attempt('a.remote_port'), attempt('a.local_port')];
      return joinSql(
        sides.map((side) => compareScalar(side, operator, value, clock)),
        'OR',
      );
    }
  }
  const column = columnOf(field, clock);
  const condition = compareScalar(column, operator, value, clock);
  if (column.of === 'attempt') return condition;
  // Processes are few: SQLite finds theirs once, and looks each attempt up among them.
  const owned = `a.process_id IN (SELECT id FROM process WHERE ${condition.text})`;
  return {
    text: value.kind === 'none' ? `(a.process_id IS NULL OR ${owned})` : owned,
    values: condition.values,
  };
}

/** SQL has three truths; a filter has two, so that `not` and `!=` mean the rest. */
function settled(condition: Sql, expected: boolean): Sql {
  return { text: `(${condition.text} IS ${expected ? '' : 'NOT '}TRUE)`, values: condition.values };
}

function compileWord(text: string, endpoint: WordEndpoint | null): Sql {
  const parts = [
    sql(`a.process_id IN (SELECT id FROM process WHERE comm LIKE ? ESCAPE '\\')`, containing(text)),
  ];
  // Addresses hold nothing else, so most words need not be looked for in them.
  if (/^[0-9a-f.:]+$/i.test(text)) {
    parts.push(like('a.remote_address', text), like('a.local_address', text));
  }
  if (/^[a-z0-9 ]+$/i.test(text)) parts.push(like('a.error', text));
  if (endpoint !== null) {
    parts.push(addressIs('a.remote_address', endpoint, 'a.remote_port'));
    parts.push(addressIs('a.local_address', endpoint, 'a.local_port'));
  }
  return joinSql(parts, 'OR');
}

/** The condition that a filter stands for, over `attempt a`. */
export function compileFilter(filter: Filter, clock: SessionClock): Sql {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => compileFilter(part, clock));
      return joinSql(parts, filter.kind === 'and' ? 'AND' : 'OR');
    }
    case 'not':
      return settled(compileFilter(filter.part, clock), false);
    case 'word':
      return settled(compileWord(filter.text, filter.endpoint), true);
    case 'flag':
      return settled(sql(FLAG_SQL[filter.flag]), true);
    case 'compare': {
      const operator = filter.operator === '!=' ? '=' : filter.operator;
      const parts = filter.values.map((value) => compareOne(filter.field, operator, value, clock));
      return settled(joinSql(parts, 'OR'), filter.operator !== '!=');
    }
  }
}
