// The flame graph's tree: which code asked for the attempts of a selection, nothing left out
// in silence.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type FlameNode, MOST_FLAME_NODES } from '../../../contract/flame.ts';
import { readFlame } from '../../../engine/query/flame.ts';
import type { SessionReader } from '../../../engine/query/reader.ts';
import { StackPaths } from '../../../engine/query/stack-paths.ts';
import { Statements } from '../../../engine/query/statements.ts';
import { openSessionFile } from '../../../engine/session/open.ts';
import { openFile, selecting } from '../../fixtures/query.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
let count = 0;
let reader: SessionReader | null = null;
afterEach(() => reader?.close());

function open(build: (session: SessionBuilder) => void): SessionReader {
  const path = join(directory, `flame-${++count}.synscope`);
  const session = new SessionBuilder(path);
  session.database.exec('BEGIN');
  build(session);
  session.database.exec('COMMIT');
  session.close();
  reader = openFile(path);
  return reader;
}

/** Attempts whose connect has this stack, innermost function first. */
function ask(session: SessionBuilder, owner: number, stack: number, many = 1, failed = 0): void {
  for (let nth = 0; nth < many; nth++) {
    const id = session.attempt({ process_id: owner, started_ns: 5, failed: nth < failed ? 1 : 0 });
    session.event(id, 1, 'state', { new_state: 'SYN_SENT', user_stack_id: stack });
  }
}

function stackOf(session: SessionBuilder, text: string, row = {}): number {
  const frames = text.split(' ').map((name) => ({ name, module: '/usr/bin/app' }));
  return session.stack('user', frames, row);
}

/** `app 3(1) > main 3(1) > …`, one line for each leaf. */
function lines(node: FlameNode, before = ''): string[] {
  const own = `${before}${node.name || node.kind} ${node.attempts}(${node.failures})`;
  if (node.children.length === 0) return [own];
  return node.children.flatMap((child) => lines(child, `${own} > `));
}

test('stacks that begin alike share their outer functions; each node counts attempts and failures', () => {
  const asked = open((session) => {
    const app = session.process('app');
    const other = session.process('other');
    ask(session, app, stackOf(session, 'connect dial main'), 3, 1);
    ask(session, app, stackOf(session, 'connect probe main'), 2, 2);
    ask(session, other, stackOf(session, 'connect dial main'), 1);
  }).flame(selecting(''));
  expect(lines(asked.root)).toEqual([
    'all 6(3) > app 5(3) > main 5(3) > dial 3(1) > connect 3(1)',
    'all 6(3) > app 5(3) > main 5(3) > probe 2(2) > connect 2(2)',
    'all 6(3) > other 1(0) > main 1(0) > dial 1(0) > connect 1(0)',
  ]);
  expect(asked).toMatchObject({ attempts: 6, failures: 3 });
});

test('a selection narrows it; a wrong filter is a problem', () => {
  const opened = open((session) => {
    const app = session.process('app');
    ask(session, app, stackOf(session, 'connect dial main'), 3, 1);
    ask(session, app, stackOf(session, 'connect probe main'), 2, 2);
  });
  expect(lines(opened.flame(selecting('frame = probe')).root)).toEqual([
    'all 2(2) > app 2(2) > main 2(2) > probe 2(2) > connect 2(2)',
  ]);
  expect(opened.flame(selecting({ failedOnly: true })).root.attempts).toBe(3);
  expect(() => opened.flame(selecting('port = x'))).toThrow(
    expect.objectContaining({ code: 'bad-filter' }),
  );
});

test('the same code in processes with other addresses is one path; what has no name has its place', () => {
  const { root } = open((session) => {
    const frames = (offset: number) => [
      { name: null, module: '/opt/libx.so', offset },
      { name: 'main', module: '/usr/bin/app' },
    ];
    for (let nth = 0; nth < 4; nth++) {
      ask(session, session.process('app'), session.stack('user', frames(0x10)));
    }
    ask(session, session.process('app'), session.stack('user', frames(0x20)));
  }).flame(selecting(''));
  expect(lines(root)).toEqual([
    'all 5(0) > app 5(0) > main 5(0) > libx.so+0x10 4(0)',
    'all 5(0) > app 5(0) > main 5(0) > libx.so+0x20 1(0)',
  ]);
  expect(root.children[0]?.children[0]).toMatchObject({ module: 'app', kind: 'frame' });
});

test('attempts without a stack are counted by the reason', () => {
  const { root, without, attempts } = open((session) => {
    const app = session.process('app');
    const stack = stackOf(session, 'connect main');
    ask(session, app, stack, 2);
    session.attempt({ direction: 'accepted', started_ns: 5 });
    session.attempt({ direction: 'accepted' });
    session.attempt({ direction: 'unknown', started_ns: null });
    session.attempt({ started_ns: 5 });
    // Of a close alone: that is not the code that asked for it.
    const closed = session.attempt({ process_id: app, started_ns: 5 });
    session.event(closed, 9, 'state', { new_state: 'FIN_WAIT1', user_stack_id: stack });
    // A stack whose record was lost.
    ask(session, app, 777);
    ask(session, app, stackOf(session, 'bare addresses', { symbolized: 0 }), 3);
  }).flame(selecting(''));
  expect(root.attempts).toBe(2);
  expect(without).toEqual({ accepted: 2, older: 1, missing: 3, unnamed: 3, unread: 0 });
  const left = Object.values(without).reduce((sum, each) => sum + each, 0);
  expect(root.attempts + left).toBe(attempts);
});

test('nothing selected, nothing recorded', () => {
  const { root, attempts } = open(() => {}).flame(selecting(''));
  expect(root).toMatchObject({ kind: 'all', attempts: 0, children: [] });
  expect(attempts).toBe(0);
});

test('thousands of functions: the largest are told apart, the rest is counted as others', () => {
  const many = MOST_FLAME_NODES * 2;
  const opened = open((session) => {
    const app = session.process('app');
    for (let nth = 0; nth < many; nth++) {
      ask(session, app, stackOf(session, `leaf${nth} main`), nth < 10 ? 3 : 1, 1);
    }
  });
  // One answer reads but so many stacks, and says so.
  const first = opened.flame(selecting(''));
  expect(first.without.unread).toBeGreaterThan(0);
  expect(first.root.attempts + first.without.unread).toBe(many + 20);
  let { root, without } = first;
  for (let asked = 0; without.unread > 0 && asked < 5; asked++) {
    ({ root, without } = opened.flame(selecting('')));
  }
  const main = root.children[0]?.children[0];
  const others = main?.children.at(-1);
  expect(main?.attempts).toBe(many + 20);
  expect(main?.children[0]).toMatchObject({ attempts: 3, failures: 1 });
  // The root, the process, main and the leaves that are kept.
  const kept = MOST_FLAME_NODES - 3;
  expect(main?.children.length).toBe(kept + 1);
  expect(others).toMatchObject({ kind: 'others', count: many - kept, attempts: many - kept });
  expect(main?.children.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(many + 20);
});

test('a stack of any depth is cut, not followed for ever', () => {
  const { root } = open((session) => {
    const text = Array.from({ length: 2000 }, (_, depth) => `f${depth}`).join(' ');
    ask(session, session.process('deep'), stackOf(session, text));
  }).flame(selecting(''));
  let depth = 0;
  for (let node: FlameNode | undefined = root; node; node = node.children[0]) depth++;
  expect(depth).toBe(2 + 256);
});

test('stacks beyond what is kept in memory are one node, and other ones take their place', () => {
  const path = join(directory, 'full.synscope');
  const session = new SessionBuilder(path);
  session.database.exec('BEGIN');
  const app = session.process('app');
  for (let nth = 0; nth < 20; nth++)
    ask(session, app, stackOf(session, `f${nth} main`), 30 - nth, 1);
  session.database.exec('COMMIT');
  session.close();
  const opened = openSessionFile(path);
  const clock = { startedUnixMs: 0, nowNs: 1e9 };
  const point = { dataVersion: 1, version: 1, clock };
  const paths = new StackPaths({ stacks: 5, nodes: 1e6 });
  const flame = (filter: string) =>
    readFlame(new Statements(opened.database), paths, selecting(filter), point);
  // One answer reads more than there is room for; the next reads nothing.
  expect(flame('frame in (f0, f1, f2, f3, f4)').root.attempts).toBe(30 + 29 + 28 + 27 + 26);
  const all = flame('');
  expect(all.root).toMatchObject({ attempts: all.attempts, failures: 20 });
  expect(all.root.children.at(-1)).toMatchObject({ kind: 'others', count: 15, failures: 15 });
  expect(all.without.unread).toBe(0);
  expect(lines(flame('frame in (f18, f19)').root)).toEqual([
    'all 23(2) > app 23(2) > main 23(2) > f18 12(1)',
    'all 23(2) > app 23(2) > main 23(2) > f19 11(1)',
  ]);
  opened.close();
});
