// The flame graph's tree as it is drawn: names, colours, filters, reasons.
import { expect, test } from 'vitest';
import { parseFilter } from '../../../contract/filter/parse.ts';
import type { FlameNode } from '../../../contract/flame.ts';
import {
  COLOURS,
  chartTree,
  colourOf,
  countText,
  moduleColours,
  nodeFilter,
  nodeMatches,
  nodeName,
  spokenNode,
  withoutTexts,
} from '../../../renderer/panels/flame/flame-tree.ts';

function node(part: Partial<FlameNode>): FlameNode {
  const rest = { kind: 'frame', name: 'main', module: 'app', failures: 0, count: 0 } as const;
  return { ...rest, attempts: 1, children: [], ...part };
}

const others = node({ kind: 'others', name: '', module: null, count: 1200, attempts: 3 });
const dial = node({ name: 'dial', module: 'libpq.so.5', attempts: 5, failures: 2 });
const main = node({ attempts: 8, failures: 2, children: [dial, others] });
const app = node({ kind: 'process', name: 'app', module: null, attempts: 8, children: [main] });
const root = node({ kind: 'all', name: '', module: null, attempts: 40, children: [app] });

test('what each node is called and says', () => {
  expect([root, app, dial, others].map(nodeName)).toEqual([
    'all with a stack',
    'app',
    'dial',
    '… 1,200 others',
  ]);
  expect(nodeName(node({ kind: 'process', name: '' }))).toBe('owner unknown');
  expect(countText(dial, root)).toBe('5 attempts (13 %), 2 failed');
  expect(spokenNode(dial, root)).toBe('dial in libpq.so.5: 5 attempts (13 %), 2 failed');
  expect(countText(node({}), node({ attempts: 0 }))).toBe('1 attempt (0 %), none failed');
});

test('each node has a key of its own: the way to it', () => {
  const keys: string[] = [];
  const visit = (each: ReturnType<typeof chartTree>): void => {
    keys.push(each.key);
    each.children.forEach(visit);
  };
  const twice = node({ children: [main, node({ name: 'other', children: [dial] })] });
  visit(chartTree(twice));
  expect(new Set(keys).size).toBe(keys.length);
});

test('what can be filtered by', () => {
  expect(nodeFilter(dial)).toBe('frame = dial');
  expect(nodeFilter(app)).toBe('proc = app');
  expect(nodeFilter(node({ kind: 'process', name: '' }))).toBe('proc = none');
  expect([root, others, node({ name: '(unknown)' })].map(nodeFilter)).toEqual([null, null, null]);
  const long = nodeFilter(node({ name: `f<${'int, '.repeat(900)}…` })) ?? '';
  expect(parseFilter(long)).toMatchObject({ ok: true });
});

test('the files with most attempts have colours, the others one together', () => {
  const children = Array.from({ length: 12 }, (_, at) =>
    node({ module: `lib${at}.so`, attempts: 100 - at }),
  );
  const colours = moduleColours(node({ kind: 'all', module: null, children }));
  expect([...colours.keys()]).toEqual(children.slice(0, COLOURS).map(({ module }) => module));
  expect(colourOf(children[2] ?? dial, 'library', colours)).toBe('var(--flame-2)');
  expect(colourOf(children[11] ?? dial, 'library', colours)).toBe('var(--flame-rest)');
  expect(colourOf(others, 'failures', colours)).toBe('var(--flame-rest)');
  expect(colourOf(dial, 'failures', colours)).toContain('var(--flame-failed) 40%');
});

test('a search looks into names and files, in any case, and finds no others', () => {
  expect(nodeMatches(dial, 'DIA')).toBe(true);
  expect(nodeMatches(dial, 'libpq')).toBe(true);
  expect(nodeMatches(dial, '  ')).toBe(false);
  expect(nodeMatches(dial, '(')).toBe(false);
  expect(nodeMatches(others, 'others')).toBe(false);
});

test('what is not drawn is said, with its reason', () => {
  const without = { accepted: 1200, older: 0, missing: 3, unnamed: 0, unread: 0 };
  const flame = { root, attempts: 1243, failures: 0, without, version: 1 };
  const texts = withoutTexts(flame);
  expect(texts).toHaveLength(2);
  expect(texts[0]).toMatch(/^1,200 accepted/);
  expect(texts[1]).toMatch(/^3 without a stack/);
});
