// What breaks a rule, from rows alone.
import { expect, test } from 'vitest';
import { withDescendants } from '../../../cli/expect/family.ts';
import { type JudgedRow, judge } from '../../../cli/expect/judge.ts';
import { parseRules } from '../../../cli/expect/rules.ts';
import { attempt } from '../renderer/attempts.ts';

function judged(text: string, ...rows: Partial<JudgedRow>[]) {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(parsed.error.sentence);
  const [rule] = parsed.rules;
  if (!rule) throw new Error('no rule');
  const all = rows.map((row, index): JudgedRow => {
    return { ...attempt(), id: index + 1, lostRace: false, ...row };
  });
  const { held, reason, brokenBy } = judge(rule, all);
  return { held, reason, brokenBy };
}

const works = { outcome: 'closed', failed: false, connectMs: 20 } as const;
const refused = { outcome: 'refused', failed: true, connectMs: null } as const;
const silent = { outcome: 'timed-out', failed: true, connectMs: null } as const;
const gaveUp = { outcome: 'abandoned', failed: true, connectMs: null } as const;

test.each<[string, Partial<JudgedRow>[], boolean, number[]]>([
  ['no failures', [works], true, []],
  ['no failures', [works, refused], false, [2]],
  ['no failures', [{ ...gaveUp, lostRace: true }, works], true, []],
  ['no failures', [{ ...refused, call: 'bind' }], false, [1]],
  ['no connects', [{ ...refused, call: 'bind' }], true, []],
  ['at most 1 connect', [works, works], false, [1, 2]],
  ['at most 2 connects', [works, works], true, []],
  ['at least 1 connection', [refused], false, []],
  ['exactly 1 connection', [refused, works], true, []],
  ['to :80 must not time out', [refused], true, []],
  ['to :80 must not time out', [silent, gaveUp], false, [1, 2]],
  ['to :80 must connect', [], true, []],
  ['to :80 must connect', [works, refused], false, [2]],
  ['to :80 must connect within 10ms', [works], false, [1]],
  ['to :80 must connect within 50ms', [works], true, []],
  ['must connect to :80', [], false, []],
  ['must connect to :80', [refused, works], true, []],
  ['must connect to :80 within 10ms', [works], false, [1]],
  ['must not retransmit', [{ ...works, retransmits: 1 }], false, [1]],
  ['must not be reset', [{ ...works, outcome: 'reset' }], true, []],
  ['must not be reset', [{ ...works, outcome: 'reset', failed: true }], false, [1]],
])('%s', (text, rows, held, brokenBy) => {
  expect(judged(text, ...rows)).toMatchObject({ held, brokenBy });
});

test('the reason has the numbers', () => {
  expect(judged('no failures', refused).reason).toBe('there was 1 failure');
  expect(judged('must not time out', silent, works).reason).toBe('1 of 2 attempts timed out');
  expect(judged('must connect').reason).toBe('there was no attempt');
});

test('descendants are found through parents that are known', () => {
  const processes = [
    { pid: 12, parentPid: 11 },
    { pid: 11, parentPid: 10 },
    { pid: 13, parentPid: null },
    { pid: 15, parentPid: 14 },
  ];
  expect([...withDescendants(new Set([10]), processes)].toSorted()).toEqual([10, 11, 12]);
  expect(withDescendants(new Set([10, 14]), processes).has(15)).toBe(true);
});
