// When a failure gets its group, and which one.
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import type { Fingerprint } from '../../../engine/session/fingerprint.ts';
import { SCHEMA } from '../../../engine/session/schema.ts';
import { GroupStore } from '../../../engine/session/writer-groups.ts';

const SECOND_NS = 1_000_000_000;

/** A store whose stacks get their names when the test says so. */
function store() {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  const names = new Map<number, Fingerprint>();
  const pending = new Set<number>();
  const groups = new GroupStore(database, {
    isPending: (row) => pending.has(row),
    fingerprint: (row) => names.get(row) ?? null,
  });
  const fresh: number[] = [];
  groups.onNew = ({ id }) => fresh.push(id);
  return { database, names, pending, groups, fresh };
}

let made = 0;

function failure(parts: Partial<Attempt> = {}): Attempt {
  made++;
  const finding = { confidence: 'certain', params: {}, events: {} } as const;
  return Object.assign(new Attempt(made, made, 1, 1, 0), {
    direction: 'outgoing',
    remoteAddress: '10.0.0.2',
    remotePort: 443,
    localAddress: '10.0.0.1',
    localPort: 40_000 + made,
    failed: true,
    errno: 111,
    verdict: { rule: 'refused-by-peer', finding },
    userStack: 7,
    ...parts,
  });
}

test('a failure waits for the names of its stack', () => {
  const { groups, names, pending } = store();
  pending.add(7);
  const attempt = failure();
  groups.assign(attempt, SECOND_NS);
  expect(attempt.group).toBeNull();
  expect(groups.takeReady(2 * SECOND_NS)).toEqual([]);
  pending.delete(7);
  names.set(7, { hash: 'aa', text: 'dial (app)' });
  expect(groups.takeReady(2 * SECOND_NS)).toEqual([attempt]);
  groups.assign(attempt, 2 * SECOND_NS);
  expect(attempt.group).not.toBeNull();
  expect(groups.takeReady(3 * SECOND_NS)).toEqual([]);
});

test.each([
  ['ten seconds', 11 * SECOND_NS, false],
  ['the end of the capture', SECOND_NS, true],
])('but no longer than %s', (_, nowNs, last) => {
  const { groups, pending } = store();
  pending.add(7);
  const attempt = failure();
  groups.assign(attempt, 0);
  expect(groups.takeReady(nowNs, last)).toEqual([attempt]);
  groups.assign(attempt, nowNs, last);
  expect(attempt.group).not.toBeNull();
});

test('the same trouble is one group, told once as new; each difference makes another', () => {
  const { groups, names, fresh } = store();
  names.set(8, { hash: 'bb', text: 'redial (app)' });
  const groupOf = (parts: Partial<Attempt> = {}) => {
    const attempt = failure(parts);
    groups.assign(attempt, 0);
    return attempt.group;
  };
  const first = groupOf();
  expect(groupOf()).toBe(first);
  expect(groupOf({ localPort: 1 })).toBe(first);
  const others = [
    groupOf({ remotePort: 80 }),
    groupOf({ remoteAddress: '10.0.0.3' }),
    groupOf({ errno: 110 }),
    groupOf({ userStack: 8 }),
    groupOf({ call: 'socket' }),
  ];
  expect(new Set([first, ...others]).size).toBe(6);
  expect(fresh).toEqual([first, ...others]);
  // Whoever came is not part of an accepted connection's trouble.
  const accepted = { direction: 'accepted', localPort: 80 } as const;
  expect(groupOf({ ...accepted, remotePort: 5 })).toBe(groupOf({ ...accepted, remotePort: 6 }));
});

test('without a stack, the program is what failures have in common', () => {
  const { groups, names } = store();
  const groupOf = (comm: string, userStack: number) => {
    const owner = { comm } as Attempt['owner'];
    const attempt = failure({ owner, userStack });
    groups.assign(attempt, 0);
    return attempt.group;
  };
  expect(groupOf('psql', 0)).toBe(groupOf('psql', 0));
  expect(groupOf('psql', 0)).not.toBe(groupOf('nginx', 0));
  names.set(8, { hash: 'bb', text: 'dial (libpq.so.5)' });
  expect(groupOf('psql', 8)).toBe(groupOf('nginx', 8));
});

test('what gave way to another address leaves its group', () => {
  const { groups } = store();
  const attempt = failure();
  groups.assign(attempt, 0);
  attempt.race = { id: 99, address: '10.0.0.9', family: 'ipv4' };
  groups.assign(attempt, 0);
  expect(attempt.group).toBeNull();
});

test('groups without attempts are removed, and new once more when they come back', () => {
  const { groups, database, fresh } = store();
  groups.assign(failure(), 0);
  groups.tidy();
  expect(database.prepare('SELECT count(*) AS count FROM failure_group').get()).toEqual({
    count: 0,
  });
  groups.assign(failure(), 0);
  expect(fresh).toHaveLength(2);
});
