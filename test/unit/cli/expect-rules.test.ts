// The language of `synscope expect`: what it says, where it is misread, and that nothing
// that is typed breaks it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRules, type Rule } from '../../../cli/expect/rules.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';

function rules(text: string): readonly Rule[] {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.sentence}`);
  return parsed.rules;
}

function rule(text: string): Pick<Rule, 'filter' | 'check'> {
  const [{ filter, check } = { filter: '', check: null }] = rules(text);
  return { filter, check: check as Rule['check'] };
}

test.each<[string, string, Rule['check']]>([
  ['no failures', '', { kind: 'count', bound: 'at most', count: 0, noun: 'failures' }],
  [
    'no failures to 10.0.0.0/8',
    'remote = 10.0.0.0/8 and direction = outgoing',
    { kind: 'count', bound: 'at most', count: 0, noun: 'failures' },
  ],
  [
    'to :5432 must not time out',
    'remote = :5432 and direction = outgoing',
    { kind: 'none', deed: 'time out' },
  ],
  [
    'connect to :5432 must not time out',
    'remote = :5432 and direction = outgoing',
    { kind: 'none', deed: 'time out' },
  ],
  [
    ':443 must connect within 500ms',
    'remote = :443 and direction = outgoing',
    { kind: 'each-connects', withinMs: 500 },
  ],
  [
    'at most 3 connects to :80',
    'remote = :80 and direction = outgoing',
    { kind: 'count', bound: 'at most', count: 3, noun: 'connects' },
  ],
  [
    'must connect to :6379 within 2s',
    'remote = :6379 and direction = outgoing',
    { kind: 'some-connects', withinMs: 2000 },
  ],
  [
    'exactly 1 accept on [::1]:80 by "my server"',
    'local = [::1]:80 and proc = "my server" and direction = accepted',
    { kind: 'count', bound: 'exactly', count: 1, noun: 'accepts' },
  ],
  [
    'NO Resets where (proc = curl or rtt > 1ms)',
    '(proc = curl or rtt > 1ms)',
    { kind: 'count', bound: 'at most', count: 0, noun: 'resets' },
  ],
  ['by curl must not be refused', 'proc = curl', { kind: 'none', deed: 'be refused' }],
  ['must connect', 'direction = outgoing', { kind: 'some-connects', withinMs: null }],
])('%s', (text, filter, check) => {
  expect(rule(text)).toEqual({ filter, check });
});

test('several, with comments', () => {
  const text =
    '# nothing may fail\nno failures; at most 3 connects # many\n\n  must connect to :1 ;;';
  expect(rules(text).map((each) => each.text)).toEqual([
    'no failures',
    'at most 3 connects',
    'must connect to :1',
  ]);
  expect(rules('no failures by "a;b # c"')).toHaveLength(1);
});

test.each([
  ['', 'There is no rule', ''],
  ['no', 'what is counted', 'no'],
  ['no frogs', 'frogs cannot be counted', 'frogs'],
  ['no failures to nowhere.example', 'no address', 'nowhere.example'],
  ['no failures to', 'An address is missing', 'to'],
  ['no failures of', 'does not fit', 'of'],
  ['at most x connects', 'whole number', 'x'],
  ['at all 3 connects', 'most or least', 'all'],
  ['to :443 must connect within soon', 'After within goes a time', 'soon'],
  ['to :443 must sing', 'After must goes connect', 'sing'],
  ['to :443 must not sing', 'After must not goes one of', 'sing'],
  ['to :443', 'Here goes must', ':443'],
  ['must win', 'must, at the begin', 'win'],
  ['no failures (rport = x)', 'rport is a number', 'x'],
  ['no failures (rport = 1', 'not closed', '(rport = 1'],
  ['no failures by "curl', 'closing quote', '"curl'],
  ['no failures; no frogs', 'frogs', 'frogs'],
])('%s is refused where it is wrong', (text, sentence, place) => {
  const parsed = parseRules(text);
  if (parsed.ok) throw new Error('it was read');
  expect(parsed.error.sentence).toContain(sentence);
  expect(text.slice(parsed.error.from, parsed.error.to)).toBe(place);
});

const pieces = fc.constantFrom(
  ...[
    'no',
    'at',
    'most',
    'least',
    'exactly',
    '3',
    'failures',
    'connects',
    'to',
    'from',
    'on',
    'by',
  ],
  ...[
    'must',
    'not',
    'time',
    'out',
    'be',
    'refused',
    'connect',
    'within',
    '500ms',
    ':443',
    '10.0.0.0/8',
  ],
  ...[
    '[::1]:80',
    '(rport = 1)',
    '(',
    ')',
    '"',
    "'",
    '\\',
    ';',
    '\n',
    '#',
    'curl',
    'where',
    '(proc = ";")',
  ],
);

test('whatever is typed is read, or refused at a place inside of it', () => {
  const typed = fc.oneof(
    fc.array(pieces, { maxLength: 14 }).map((words) => words.join(' ')),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 12 })
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const parsed = parseRules(text);
      if (!parsed.ok) {
        const { from, to, sentence } = parsed.error;
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThanOrEqual(text.length);
        expect(sentence).toMatch(/[.…]$/);
        return;
      }
      for (const each of parsed.rules) {
        expect(text.slice(each.from, each.to)).toBe(each.text);
        expect(parseFilter(each.filter)).toMatchObject({ ok: true });
        // A rule says the same alone as among others.
        expect(rule(each.text)).toEqual({ filter: each.filter, check: each.check });
      }
    }),
    { numRuns: 3000 },
  );
});

const endpoints = fc.constantFrom(':80', '10.0.0.1', '10.0.0.0/8', '[::1]:443', '2001:db8::/32');
const who = fc
  .record(
    {
      to: endpoints,
      on: endpoints,
      by: fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !/[\\"\n]/.test(name)),
      filter: fc.constantFrom('rport = 443', 'proc ~ "a)b"', 'failed and not open', ''),
    },
    { requiredKeys: [] },
  )
  .map(({ to, on, by, filter }) =>
    [
      to === undefined ? '' : `to ${to}`,
      on === undefined ? '' : `on ${on}`,
      by === undefined ? '' : `by "${by}"`,
      filter === undefined ? '' : `(${filter})`,
    ]
      .filter(Boolean)
      .join(' '),
  );
const written = fc.oneof(
  who.map((each) => `no failures ${each}`),
  fc.tuple(who, fc.nat(1000)).map(([each, count]) => `at least ${count} connects ${each}`),
  who.map((each) => `must connect ${each} within 1.5s`),
  fc
    .tuple(
      who,
      fc.constantFrom('time out', 'be refused', 'be reset', 'be unreachable', 'retransmit', 'fail'),
    )
    .map(([each, deed]) => `${each} must not ${deed}`),
);

test('every rule that can be written down is read, alone and among others', () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (all) => {
      const separate = all.map(rule);
      for (const between of [';', ' ; ', '\n', ' # why\n']) {
        const together = rules(all.join(between)).map(({ filter, check }) => ({ filter, check }));
        expect(together).toEqual(separate);
      }
    }),
    { numRuns: 500 },
  );
});

test('the examples of docs/expect.md are rules', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/expect.md'), 'utf8');
  const examples = (page.split('```')[1] ?? '')
    .split('\n')
    .map((line) => line.split(/ {3,}/)[0] ?? '');
  const written = examples.filter((line) => line.trim() !== '' && line !== 'text');
  expect(written.length).toBeGreaterThan(8);
  for (const each of written) expect(parseRules(each), each).toMatchObject({ ok: true });
});
