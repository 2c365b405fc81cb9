// The filter field `frame`: attempts by the functions in their stacks.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { quoteValue } from '../../../contract/filter/filter.ts';
import { openFile, windowOf } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const path = join(directory, 'frames.synscope');
const TEMPLATE = `net::pool<${'std::pair<int, long>, '.repeat(100)}int>::connect`;
const TURNED = 'open\u202epj.txt';

const names: { [id: number]: string } = {};
const session = new SessionBuilder(path);
const app = session.process('app');
const LIBC = '/usr/lib/x86_64-linux-gnu/libc.so.6';

/** An attempt with one event of this kind that has the stacks. */
function attempt(name: string, kind: string, stacks: { user?: number; kernel?: number }): void {
  const id = session.attempt({ process_id: app });
  names[id] = name;
  session.event(id, 1, kind, {
    new_state: kind === 'state' ? 'SYN_SENT' : null,
    user_stack_id: stacks.user ?? null,
    kernel_stack_id: stacks.kernel ?? null,
  });
  session.event(id, 2, 'error', { errno: 111 });
}

const connecting = session.stack('user', [
  { name: '__connect', module: LIBC },
  { name: 'do_Connect', module: '/usr/bin/app' },
  { name: 'main', module: '/usr/bin/app' },
]);
const unnamed = session.stack('user', [
  { name: null, module: '/opt/a_b/libpq.so.5', offset: 0x1f3c0 },
  { name: null, module: null },
  { name: TEMPLATE, module: '/usr/bin/app' },
]);
const hostile = session.stack('user', [{ name: TURNED, module: 'app' }]);
const kernel = session.stack('kernel', [{ name: 'tcp_v4_connect', module: 'vmlinux' }]);
attempt('both', 'state', { user: connecting, kernel });
attempt('kernel', 'state', { kernel });
attempt('closing', 'destroy', { user: unnamed });
attempt('turned', 'connect', { user: hostile });
attempt('bare', 'state', {});
session.close();

const reader = openFile(path);
afterAll(() => reader.close());

test.each([
  ['frame = do_connect', 'both'],
  ['frame = tcp_v4_connect', 'both kernel'],
  ['frame != tcp_v4_connect', 'closing turned bare'],
  ['frame in (main, tcp_v4_connect)', 'both kernel'],
  ['frame ~ connect', 'both kernel closing'],
  ['frame ~ _CONNECT', 'both kernel'],
  ['frame ~ a_b', ''],
  ['frame = libpq.so.5+0x1f3c0', 'closing'],
  ['frame ~ "+0x1f3"', 'closing'],
  ['frame = 0x401010', 'closing'],
  [`frame = ${quoteValue(TEMPLATE)}`, 'closing'],
  ['frame = none', 'bare'],
  ['not frame ~ connect', 'turned bare'],
  ['frame = main and frame = tcp_v4_connect', 'both'],
  ['frame = main and failed', ''],
  [`frame = "${TURNED}"`, 'turned'],
  [`frame = ${quoteValue('open\\u202epj.txt')}`, 'turned'],
  [`frame ~ ${quoteValue('\\u202e')}`, 'turned'],
  [`frame = "'; DROP TABLE attempt; --"`, ''],
])('%s', (filter, expected) => {
  const { ids, total } = windowOf(reader, filter);
  expect(ids.map((id) => names[id]).join(' ')).toBe(expected);
  expect(total).toBe(ids.length);
});

test('names of functions are completed, those in most stacks first', () => {
  expect(reader.complete('frame', 'M')).toEqual(['main']);
  expect(reader.complete('frame', 'tcp_v')).toEqual(['tcp_v4_connect']);
  expect(reader.complete('frame', 'net::')).toEqual([]);
  expect(reader.complete('frame', '%')).toEqual([]);
});

test('the stacks of all attempts are in an index, whichever function is looked for', () => {
  const file = join(directory, 'many.synscope');
  const many = new SessionBuilder(file);
  fillSession(many, 2000, 3);
  const stack = many.stack('user', [{ name: 'here', module: 'app' }]);
  many.database.exec(`UPDATE event SET user_stack_id = ${stack} WHERE attempt_id % 10 = 1`);
  const plan = many.database
    .prepare(
      `EXPLAIN QUERY PLAN SELECT e.attempt_id FROM event e
       WHERE (e.user_stack_id IS NOT NULL OR e.kernel_stack_id IS NOT NULL) AND e.user_stack_id IN (1)`,
    )
    .all();
  many.close();
  expect(JSON.stringify(plan)).toContain('COVERING INDEX event_by_stack');
  const opened = openFile(file);
  expect(windowOf(opened, 'frame = here').total).toBe(200);
  opened.close();
});
