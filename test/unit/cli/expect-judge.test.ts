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
  const { held, reason, brokenBy, excused } = judge(rule, all);
  return { held, reason, brokenBy, excused };
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

const lost = { ...refused, lostRace: true } as const;

test.each<[string, boolean, number[], string]>([
  ['127.0.0.1:3603 must not be refused', false, [1], '1 of 1 attempt were refused'],
  ['no refusals to 127.0.0.1', false, [1], 'there was 1 refusal'],
  ['no failures to 127.0.0.0/8', false, [1], 'there was 1 failure'],
  ['no failures (raddr = 127.0.0.1 or rport = 80)', false, [1], 'there was 1 failure'],
  ['no failures (family = ipv4)', false, [1], 'there was 1 failure'],
  ['no failures (race != none)', false, [1], 'there was 1 failure'],
])('a rule that names an address judges its attempts, race or not: %s', (...row) => {
  const [text, held, brokenBy, reason] = row;
  expect(judged(text, lost)).toEqual({ held, brokenBy, reason, excused: 0 });
});

const WON = 'another address of the same service won the race';
test.each<[string, Partial<JudgedRow>[], string]>([
  [
    'no refusals to :3603',
    [lost, works],
    `there were 0 refusals; 1 refused attempt was excused: ${WON}`,
  ],
  [
    ':3603 must not be refused',
    [lost, works],
    `0 of 1 attempt were refused; 1 refused attempt was excused: ${WON}`,
  ],
  [
    'no failures (not raddr = ::1)',
    [lost, lost, { ...gaveUp, lostRace: true }],
    `there were 0 failures; 2 refused and 1 abandoned attempts were excused: ${WON}`,
  ],
  [
    'must connect to :80',
    [lost, works],
    `1 attempt connected; 1 refused attempt was excused: ${WON}`,
  ],
  ['at most 0 accepts', [works], 'there was 1 accept'],
])('what was left out as a lost race is said: %s', (text, rows, reason) => {
  expect(judged(text, ...rows).reason).toBe(reason);
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
