// Session files that somebody made to do harm: well-formed databases with absurd sizes,
// odd values and long or strange texts. Each is refused with a sentence or shown, within
// bounded time and memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { askEverything, type Told } from '../../fixtures/session-door.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
vi.setConfig({ testTimeout: 60_000 });
let made = 0;

/** A small session, then whatever SQL; asked everything, within limits. */
async function told(sql: string, build: (session: SessionBuilder) => void = () => {}) {
  const path = join(directory, `hostile-${++made}.synscope`);
  const session = new SessionBuilder(path);
  const process_id = session.process('curl');
  session.refused({ process_id });
  const stack = session.stack('user', [{ name: 'connect', module: 'libc.so.6' }]);
  session.event(session.refused({ process_id }), 2000, 'connect', { user_stack_id: stack });
  build(session);
  session.close();
  const database = new DatabaseSync(path, {
    defensive: false,
    enableForeignKeyConstraints: false,
  });
  database.exec('PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON');
  database.exec(sql);
  database.close();
  const [beganAt, memoryBefore] = [performance.now(), process.memoryUsage.rss()];
  const answer = await askEverything(path, directory);
  expect(performance.now() - beganAt).toBeLessThan(10_000);
  expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(700e6);
  return answer;
}

function detailOf({ details }: Told) {
  expect(details.length).toBeGreaterThan(0);
  return details[0];
}

describe('refused', () => {
  test.each([
    ['a clock of NaN', 'UPDATE session SET started_unix_ms = 9e999'],
    ['a clock beyond every date', 'UPDATE session SET started_unix_ms = 1e308'],
    ['a clock before every date', 'UPDATE session SET started_unix_ms = -1e308'],
    ['an end near 2^63', 'UPDATE session SET ended_ns = 9223372036854775807'],
    ['a process name of 100 MB', "UPDATE process SET comm = printf('%.*c', 100000000, 'x')"],
    ['an address of 1 MB', "UPDATE attempt SET remote_address = printf('%.*c', 1000000, '1')"],
    ['a note of 100 MB', "INSERT INTO note VALUES (1, printf('%.*c', 100000000, 'x'))"],
    [
      'an explanation of 100 MB',
      "INSERT INTO comparison VALUES (7, 'ActiveOpens', 0, 1, 1, 0, printf('%.*c', 100000000, 'x'))",
    ],
    [
      'an explanation that is too long only many times over',
      "INSERT INTO comparison VALUES (7, 'OutRsts', 0, 1, 1, 0, printf('%.*c', 2000, 'x'))",
    ],
    [
      'a counter with a name of 1 MB',
      "INSERT INTO comparison VALUES (7, printf('%.*c', 1000000, 'x'), 0, 1, 1, 0, NULL)",
    ],
    [
      'two sessions',
      'CREATE TABLE s AS SELECT * FROM session; DROP TABLE session; ALTER TABLE s RENAME TO session',
    ],
    [
      'a condition on another column',
      `UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (id = 1)', 'CHECK (id = x1)') WHERE name = 'session'`,
    ],
    [
      'values of any type',
      `UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'attempt'`,
    ],
    [
      'a condition that computes',
      `UPDATE sqlite_schema SET sql = replace(sql, 'comm TEXT NOT NULL', 'comm TEXT NOT NULL CHECK (length(hex(zeroblob(200000000))) > 0)') WHERE name = 'process'`,
    ],
    ['an index on an expression', 'CREATE INDEX odd ON attempt(hex(zeroblob(100)))'],
    ['a partial index', "CREATE INDEX part ON event(attempt_id) WHERE kind = 'x'"],
    ['a generated column', 'ALTER TABLE note ADD COLUMN more TEXT AS (hex(zeroblob(100000000)))'],
    ['an attached look-alike', 'CREATE VIEW attempt2 AS SELECT * FROM attempt'],
  ])('%s', async (_, sql) => {
    const { problems, details } = await told(sql);
    expect(problems).toHaveLength(1);
    expect(details).toEqual([]);
  });
});

describe('told where it is asked for', () => {
  test.each([
    ['ids near 2^63', 'UPDATE attempt SET id = 9223372036854775000 + id'],
    ['bytes near 2^63', 'UPDATE attempt SET bytes_sent = 9223372036854775807'],
    ['times near 2^63', 'UPDATE attempt SET started_ns = 9223372036854775807'],
    ['times before -2^62', 'UPDATE event SET time_ns = -9223372036854775807'],
    ['failures that sum up beyond 2^63', 'UPDATE attempt SET failed = 9223372036854775807'],
    [
      'counters near 2^63',
      "INSERT INTO comparison VALUES (7, 'ActiveOpens', 0, 9223372036854775807, 1, 0, NULL)",
    ],
    ['a port beyond every port', 'UPDATE attempt SET remote_port = 9223372036854775807'],
  ])('%s', async (_, sql) => {
    const { problems } = await told(sql);
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems)).toEqual(new Set(['unreadable-session']));
  });
});

describe('shown', () => {
  test('values of another version: outcome, direction, state, owner, kind, quality', async () => {
    const answer = await told(`UPDATE attempt SET outcome = '__proto__', direction = 'sideways',
      owner_source = 'constructor', state = 'TOTALLY_NEW', family = 'ipx';
      UPDATE event SET kind = 'toString', new_state = 'valueOf'; UPDATE frame SET quality = 'best'`);
    expect(answer.problems).toEqual([]);
    expect(detailOf(answer)?.row).toMatchObject({
      outcome: 'unknown',
      direction: 'unknown',
      ownerSource: 'unknown',
      state: 'TOTALLY_NEW',
      family: 'ipv4',
    });
    const frames = answer.details.flatMap(({ stacks }) =>
      stacks.flatMap(({ user }) => user?.frames ?? []),
    );
    expect(frames.every(({ quality }) => quality === 'guess')).toBe(true);
  });

  test('negative times, durations and counts', async () => {
    const answer = await told(
      'UPDATE attempt SET begin_ns = -5e15, started_ns = -5e15, ended_ns = -6e15, retransmits = -1, bytes_sent = -1',
    );
    expect(answer.problems).toEqual([]);
    expect(detailOf(answer)?.row.durationMs).toBe(0);
  });

  test('counters without end, and of names that no kernel has', async () => {
    const answer = await told(`INSERT INTO comparison
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
      SELECT i, iif(i % 2, 'ActiveOpens', '__proto__'), 0, -5, i, -7, '<b>' FROM n`);
    expect(answer.problems).toEqual([]);
    const { completeness } = answer.status ?? {};
    expect(completeness?.rows.length).toBeLessThanOrEqual(300);
    expect(completeness).toMatchObject({ differs: true, complete: false });
  });

  test('long texts are cut where they are read', async () => {
    const answer =
      await told(`UPDATE process SET cmdline = '["' || printf('%.*c', 20000000, 'x') || '"]';
      UPDATE frame SET name = printf('%.*c', 20000000, 'f');
      UPDATE event SET detail = '{"softError":"' || printf('%.*c', 9000000, 'd') || '"}', kind = printf('%.*c', 1000000, 'k') WHERE id < 3`);
    expect(answer.problems).toEqual([]);
    expect(JSON.stringify(answer.details).length).toBeLessThan(200_000);
    expect(detailOf(answer)?.owner?.cmdline).toEqual(['(too long to show)']);
  });

  test.each([
    ['deep', `'[' || replace(printf('%.*c', 8000, 'x'), 'x', '[')`],
    ['no JSON', `'{"by":'`],
    [
      'objects that are no text',
      `'{"by":{"comm":{"toString":1},"pid":[[[]]]},"fd":{},"softError":[],"state":{}}'`,
    ],
    [
      'numbers that are none',
      `'{"count":1e999,"rtoMs":-1e999,"fd":1e308,"bytesSent":1e999,"bytesReceived":1e999}'`,
    ],
    ['a list', `'[1,2,3]'`],
    [
      'keys of every object',
      `'{"__proto__":{"x":1},"constructor":{"prototype":1},"by":{"__proto__":null}}'`,
    ],
  ])('details and arguments: %s', async (_, value) => {
    const kinds = [
      'state',
      'connect',
      'accept',
      'retransmit',
      'reset-sent',
      'error',
      'destroy',
      'first-seen',
    ];
    const answer = await told(
      `UPDATE process SET cmdline = ${value}; UPDATE event SET detail = ${value}`,
      (session) => {
        const attempt = session.refused();
        for (const kind of kinds) session.event(attempt, 3000, kind, {});
      },
    );
    expect(answer.problems).toEqual([]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('a million events of one attempt', async () => {
    const answer =
      await told(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
      INSERT INTO event (attempt_id, time_ns, kind) SELECT 1, i, 'retransmit' FROM n`);
    expect(answer.problems).toEqual([]);
    const detail = answer.details.find(({ row }) => row.id === 1);
    expect(detail?.events).toHaveLength(2000);
    expect(detail?.eventCount).toBeGreaterThan(1_000_000);
  });

  test('a million frames of one stack, and stacks that are not there', {
    timeout: 60_000,
  }, async () => {
    const answer =
      await told(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
      INSERT INTO stack_frame SELECT 1, i, 1 FROM n;
      UPDATE event SET kernel_stack_id = 424242`);
    expect(answer.problems).toEqual([]);
    const frames = answer.details.flatMap(({ stacks }) =>
      stacks.map(({ user }) => user?.frames.length ?? 0),
    );
    expect(Math.max(...frames)).toBe(256);
  });

  test('texts that are not UTF-8, and zero bytes', async () => {
    const answer = await told(
      `UPDATE process SET comm = cast(x'edb080ff00410a' AS TEXT), cmdline = '["a\\u0000b\\ud800"]'`,
    );
    expect(answer.problems).toEqual([]);
    expect(detailOf(answer)?.owner?.comm).toMatch(/^\ufffd+\0A\n$/);
  });
});

test('an export carries no character that a terminal acts on', async () => {
  const { problems } = await told(
    `UPDATE process SET comm = char(27) || ']0;t' || char(7) || char(155), cmdline = '["\\u001b[2J","\\u009b2J","\\u202egpj"]',
     exe = '-cmd|'' /C calc''!A0'; UPDATE frame SET name = char(27) || '[31m' || char(0x202e) || 'con' || char(0x200b, 0x2060, 0xfeff) || 'nect'`,
  );
  expect(problems).toEqual([]);
  for (const format of ['csv', 'jsonl']) {
    const text = readFileSync(join(directory, `door.${format}`), 'utf8');
    expect(text).toContain('2J');
    // biome-ignore format: one range each
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/);
  }
  expect(readFileSync(join(directory, 'door.csv'), 'utf8')).toContain("'-cmd|");
});
