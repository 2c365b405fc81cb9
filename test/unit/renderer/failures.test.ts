import { expect, test } from 'vitest';
import type { FailureGroup } from '../../../contract/groups.ts';
import {
  groupSentence,
  groupText,
  groupTitle,
  processesText,
  sparklinePath,
} from '../../../renderer/panels/failures/group-text.ts';
import { freshGroups, holdGroups } from '../../../renderer/store/group-order.ts';

function group(id: string, part: Partial<FailureGroup> = {}): FailureGroup {
  return {
    id,
    verdict: { id: 'refused-by-peer', title: 'refused by the peer', confidence: 'likely' },
    error: 'ECONNREFUSED',
    direction: 'outgoing',
    destination: '10.0.3.7:5432',
    remoteAddress: '10.0.3.7',
    remotePort: 5432,
    count: 1_204,
    firstAt: Date.UTC(2026, 1, 3, 14, 0, 0),
    lastAt: Date.UTC(2026, 1, 3, 14, 20, 0),
    processes: [
      { comm: 'psql', count: 1_200 },
      { comm: '', count: 4 },
    ],
    sparkline: [],
    isNew: false,
    filter: `group = ${id}`,
    exampleId: 7,
    stack: 'do_connect ← main (psql)',
    fingerprint: '0123456789abcdef',
    ...part,
  };
}

const ids = (groups: readonly FailureGroup[]) => groups.map(({ id }) => id);

test('at the first look only what began within the last minute is news', () => {
  const groups = [group('a'), group('b', { isNew: true })];
  expect([...freshGroups(null, groups)]).toEqual(['b']);
});

test('what came since is news until it was looked at, however old it is by then', () => {
  const groups = [group('a'), group('b'), group('c')];
  expect([...freshGroups(new Set(['a']), groups)]).toEqual(['b', 'c']);
  expect([...freshGroups(new Set(['a', 'b', 'c']), groups)]).toEqual([]);
});

test('lines that are held stay in place, new ones stand below, gone ones are gone', () => {
  const shown = [group('a'), group('b'), group('c')];
  expect(ids(holdGroups(shown, [group('d'), group('c'), group('a')]))).toEqual(['a', 'c', 'd']);
});

test('as text a group has what, where, how often, when, who, from where, and the filter', () => {
  const text = groupText(group('a'));
  expect(text).toMatch(/^refused by the peer \(likely\) · ECONNREFUSED · 10\.0\.3\.7:5432\n/);
  expect(text).toContain('1,204 failures, first 2026-02-03');
  expect(text).toContain('Processes: psql 1,200, unknown 4');
  expect(text).toContain('Called from: do_connect ← main (psql) · fingerprint 0123456789abcdef\n');
  expect(text).toContain('Filter: group = a');
});

test('without a verdict the error names it, without an error it is just failed', () => {
  expect(groupTitle(group('a', { verdict: null }))).toBe('ECONNREFUSED');
  expect(groupTitle(group('a', { verdict: null, error: null }))).toBe('failed');
  expect(groupSentence(group('a', { verdict: null, processes: [] }))).toBe(
    'ECONNREFUSED, 10.0.3.7:5432, 1,204 failures, ',
  );
});

test('what could not be accepted or bound is here, not elsewhere', () => {
  const here = group('g', { direction: 'accepted', destination: 'accepted on 10.0.0.8:80' });
  expect(groupText({ ...here, remoteAddress: '10.0.0.8', remotePort: 80 })).toContain(
    '· here: 10.0.0.8:80\n',
  );
});

test('two processes are named, the others counted', () => {
  const processes = ['a', 'b', 'c', 'd'].map((comm) => ({ comm, count: 1 }));
  expect(processesText(group('g', { processes }))).toBe('a, b +2');
});

test('bars are to scale, none that is there is too low to be seen', () => {
  const bars = sparklinePath([0, 1, 1_000], 30, 20).split('M').filter(Boolean);
  expect(bars).toEqual(['10 20v-2h9v2z', '20 20v-20h9v20z']);
  expect(sparklinePath([], 30, 20)).toBe('');
});
