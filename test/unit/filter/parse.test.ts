// What filter texts mean, and where and how a wrong one is told.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRange } from '../../../contract/filter/address.ts';
import type { Filter, FilterValue } from '../../../contract/filter/ast.ts';
import { FIELDS, FLAGS, KEYWORDS, operatorsOf } from '../../../contract/filter/fields.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';

function sayValue(value: FilterValue): string {
  if (value.kind === 'text') return JSON.stringify(value.text);
  if (value.kind === 'number') return String(value.number);
  if (value.kind === 'time') return JSON.stringify(value.time);
  if (value.kind === 'none') return 'none';
  return `<${value.range === null ? '' : formatRange(value.range)}|${value.port ?? ''}>`;
}

/** The tree as one line with every parenthesis. */
function say(filter: Filter | null): string {
  if (filter === null) return 'everything';
  if (filter.kind === 'and' || filter.kind === 'or') {
    return `(${filter.parts.map(say).join(` ${filter.kind} `)})`;
  }
  if (filter.kind === 'not') return `not ${say(filter.part)}`;
  if (filter.kind === 'flag') return filter.flag;
  if (filter.kind === 'word') return JSON.stringify(filter.text);
  const { field, operator, values } = filter;
  return `${field} ${operator} ${values.map(sayValue).join(' / ')}`;
}

function meaning(text: string): string {
  const parsed = parseFilter(text);
  return parsed.ok
    ? say(parsed.filter)
    : `error ${parsed.error.from}-${parsed.error.to}: ${parsed.error.sentence}`;
}

test.each([
  ['', 'everything'],
  ['   ', 'everything'],
  ['curl', '"curl"'],
  ['"my app"', '"my app"'],
  ["'failed'", '"failed"'],
  ['failed', 'failed'],
  ['FAILED', 'failed'],
  ['failed curl', '(failed and "curl")'],
  ['a b or c d', '(("a" and "b") or ("c" and "d"))'],
  ['a and (b or c)', '("a" and ("b" or "c"))'],
  ['a && b || !c', '(("a" and "b") or not "c")'],
  ['not not failed', 'not not failed'],
  ['not a b', '(not "a" and "b")'],
  ['proc = curl', 'proc = "curl"'],
  ['comm==curl', 'proc = "curl"'],
  ['proc ~ "a b"', 'proc ~ "a b"'],
  ['proc = none', 'proc = none'],
  ['proc = "none"', 'proc = "none"'],
  ['proc = and', 'proc = "and"'],
  ['port in (80, 443)', 'port = 80 / 443'],
  ['connect > 10ms', 'connect > 10'],
  ['connect>=1.5s', 'connect >= 1500'],
  ['duration < 2m', 'duration < 120000'],
  ['rtt > 500us', 'rtt > 0.5'],
  // A blank ends the value; what follows is a word of its own.
  ['connect > 5 parsecs', '(connect > 5 and "parsecs")'],
  ['bytes > 1.5k', 'bytes > 1500'],
  ['sent >= 3M', 'sent >= 3000000'],
  ['received = 4KiB', 'received = 4096'],
  ['remote = 10.0.0.0/8', 'remote = <10.0.0.0/8|>'],
  ['remote = 10.1.2.3/8', 'remote = <10.0.0.0/8|>'],
  ['remote = 10.0.0.1:443', 'remote = <10.0.0.1|443>'],
  ['remote = [2001:DB8:0::1]:443', 'remote = <2001:db8::1|443>'],
  ['remote = ::1', 'remote = <::1|>'],
  ['remote = ::ffff:10.0.0.1', 'remote = <10.0.0.1|>'],
  ['remote = :443', 'remote = <|443>'],
  ['laddr = fe80::/10', 'laddr = <fe80::/10|>'],
  ['remote ~ 10.0.', 'remote ~ "10.0."'],
  ['error = econnrefused', 'error = "ECONNREFUSED"'],
  ['errno = 111', 'error = "ECONNREFUSED"'],
  ['outcome in (Refused, timed-out)', 'outcome = "refused" / "timed-out"'],
  ['started > -5m', 'started > {"beforeEndMs":300000}'],
  ['started > 12:30', 'started > {"msOfDay":45000000}'],
  ['started > 2026-01-31T12:30:00Z', 'started > {"unixMs":1769862600000}'],
])('%s', (text, expected) => {
  expect(meaning(text)).toBe(expected);
});

describe('a wrong text has a place and a sentence', () => {
  test.each([
    ['nosuch = 1', 'error 0-6: There is no field nosuch. The list of fields is in docs/filter.md.'],
    ['proce = x', 'error 0-5: There is no field proce. Did you mean proc or process?'],
    ['port', 'error 0-4: port is a field: write port = …, or "port" for the word itself.'],
    ['port =', 'error 0-6: A value is missing after this.'],
    ['port ~ 4', 'error 5-6: port takes = != > >= < <= and not ~.'],
    ['port = 70000', 'error 7-12: port is a number from 0 to 65535: port = 443.'],
    ['pid = x', 'error 6-7: pid is a whole number: pid = 3.'],
    ['connect > 5parsecs', 'error 10-18: connect is a time, such as 10ms, 2s or 1.5m.'],
    ['error = EWHAT', 'error 8-13: There is no errno called EWHAT.'],
    ['outcome = maybe', 'error 10-15: outcome is one of connecting, open,'],
    ['state = none', 'error 8-12: Every attempt has state; none would never match.'],
    ['remote = example.org', 'error 9-20: remote is an address, such as'],
    ['raddr = 10.0.0.1:443', 'error 8-20: raddr is an address or a network'],
    ['(a', 'error 0-1: This ( is not closed.'],
    ['a)', 'error 1-2: This ) closes nothing.'],
    ['()', 'error 0-2: Nothing is between ( and ).'],
    ['a or', 'error 2-4: Something is missing after this.'],
    ['or a', 'error 0-2: Before or something is missing.'],
    ['"open', 'error 0-5: The closing quote is missing.'],
    ['""', 'error 0-2: Nothing is between the quotes.'],
    ['port in 80', 'error 5-7: After in goes a list: port in (…, …).'],
    ['port in (80 443)', 'error 12-15: Between the values of a list goes a comma.'],
    ['port in (80', 'error 8-9: This ( is not closed.'],
    ['started > noon', 'error 10-14: started is a time'],
  ])('%s', (text, expected) => {
    expect(meaning(text)).toContain(expected);
  });

  test('a text that is too long, too deep or too wide', () => {
    expect(meaning(`${'('.repeat(60)}a`)).toContain('error 50-51: A filter nests at most 50 deep.');
    expect(meaning('a '.repeat(200))).toContain('error 200-201: A filter has at most 100');
    expect(meaning('x'.repeat(5000))).toContain(
      'error 4000-5000: A filter has at most 4000 characters.',
    );
  });
});

const pieces = fc.constantFrom(
  ...FIELDS.map(({ name }) => name),
  ...FLAGS.map(({ name }) => name),
  ...KEYWORDS.map(({ name }) => name),
  ...FIELDS.flatMap(operatorsOf),
  ...[
    '(',
    ')',
    ',',
    '"',
    "'",
    '\\',
    ' ',
    '!',
    '&&',
    '||',
    '10.0.0.0/8',
    '[::1]:443',
    '10ms',
    '-5m',
    '12:30',
    'none',
    '€',
    '🦊',
  ],
);

test('any text parses, or has an error with a place inside it', () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseFilter(text);
      if (parsed.ok) return;
      const { from, to, sentence } = parsed.error;
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThan(from);
      expect(to).toBeLessThanOrEqual(text.length);
      expect(sentence).not.toBe('');
    }),
    { numRuns: 3000 },
  );
});
