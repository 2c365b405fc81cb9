// Filters asked of a real session: which attempts each of them selects.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FIELDS, FLAGS, operatorsOf } from '../../../contract/filter/fields.ts';
import { openFile, windowOf } from '../../fixtures/query.ts';
import { SESSION_START_UNIX_MS, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const path = join(temporaryDirectory(), 'filters.synscope');
const MS = 1_000_000;

const names: { [id: number]: string } = {};
function named(name: string, id: number): void {
  names[id] = name;
}

const session = new SessionBuilder(path);
const curl = session.process('curl', {
  pid: 100,
  exe: '/usr/bin/curl',
  cmdline: JSON.stringify(['curl', '-v', 'http://a/?100%']),
  user: 'ada',
});
const nginx = session.process('nginx', {
  pid: 200,
  uid: 33,
  unit: 'nginx.service',
  container: 'abcdef123456',
});
named(
  'refused',
  session.refused({ process_id: curl, remote_address: '10.1.2.3', remote_port: 443, async: 1 }),
);
named(
  'open',
  session.attempt({
    process_id: nginx,
    direction: 'accepted',
    local_port: 8080,
    remote_address: '192.168.7.9',
    remote_port: 40443,
    started_ns: 2000 * MS,
    established_ns: 2010 * MS,
    bytes_sent: 1500,
    bytes_received: 20,
    srtt_us: 700,
    netns: 7,
  }),
);
named(
  'six',
  session.attempt({
    family: 'ipv6',
    local_address: '2001:db8::5',
    remote_address: '2001:db8::1',
    remote_port: 80,
    state: 'CLOSE',
    outcome: 'closed',
    started_ns: 50_000 * MS,
    established_ns: 50_250 * MS,
    ended_ns: 53_000 * MS,
    retransmits: 3,
    closed_by: 'remote',
    incomplete: 1,
  }),
);
named(
  'older',
  session.attempt({ remote_address: '10.200.0.1', remote_port: 22, started_ns: null, begin_ns: 0 }),
);
session.close();

const reader = openFile(path);
afterAll(() => reader.close());

test.each([
  ['', 'refused open six older'],
  ['CURL', 'refused'],
  ['refused', 'refused'],
  ['443', 'refused'],
  [':443', 'refused'],
  ['10.1.2.3:443', 'refused'],
  ['10.1.2.3:80', ''],
  ['10.0.0.0/8', 'refused open older'],
  ['2001:db8::/32', 'six'],
  ['[2001:db8::1]:80', 'six'],
  ['failed', 'refused'],
  ['not failed', 'open six older'],
  ['open', 'open older'],
  ['async', 'refused'],
  ['not async', 'open six older'],
  ['incomplete', 'six'],
  ['proc = Curl', 'refused'],
  ['proc != curl', 'open six older'],
  ['proc ~ in', 'open'],
  ['proc = none', 'six older'],
  ['exe ~ /usr/bin/', 'refused'],
  ['exe = none', 'open six older'],
  ['cmd ~ "curl -v"', 'refused'],
  ['cmd ~ 100%', 'refused'],
  ['cmd ~ 1_0', ''],
  ['user = ada', 'refused'],
  ['uid in (33, 34)', 'open'],
  ['unit = nginx.service', 'open'],
  ['container ~ abcdef', 'open'],
  ['pid >= 150', 'open'],
  ['remote = 10.0.0.0/8', 'refused older'],
  ['remote != 10.0.0.0/8', 'open six'],
  ['remote = 10.1.0.0/15:443', 'refused'],
  ['remote = 10.1.2.2/31', 'refused'],
  ['remote = 10.1.2.4/31', ''],
  ['remote in (10.1.2.3:443, 2001:db8:0:0::1)', 'refused six'],
  ['remote ~ 3:44', 'refused'],
  ['raddr = 0.0.0.0/0', 'refused open older'],
  ['local = 10.0.0.1:8080', 'open'],
  ['laddr = 2001:db8::/16', 'six'],
  ['port = 8080', 'open'],
  ['port != 443', 'open six older'],
  ['rport < 100', 'six older'],
  ['lport = 8080', 'open'],
  ['state = established', 'open older'],
  ['outcome in (refused, closed)', 'refused six'],
  ['error = 111', 'refused'],
  ['error = none', 'open six older'],
  ['error != ECONNREFUSED', 'open six older'],
  ['error ~ conn', 'refused'],
  ['family = ipv6', 'six'],
  ['direction = accepted', 'open'],
  ['retransmits > 2', 'six'],
  ['connect = 10ms', 'open'],
  ['connect > 0.2s', 'six'],
  ['connect = none', 'refused older'],
  ['duration = 3s', 'six'],
  ['duration > 50s', 'open'],
  ['duration < 1ms', 'refused'],
  ['rtt < 1ms', 'open'],
  ['bytes > 1.5k', 'open'],
  ['sent = 1.5k', 'open'],
  ['received = 20', 'open'],
  ['closedby = remote', 'six'],
  ['netns = 7', 'open'],
  ['started < -20s', 'refused open'],
  ['started > -20s', 'six'],
  ['started = none', 'older'],
  ['started >= 2026-01-31T12:00:02Z', 'open six'],
  ['failed or (family = ipv6 and not incomplete)', 'refused'],
  ['failed curl', 'refused'],
  [`"'; DROP TABLE attempt; --"`, ''],
])('%s', (filter, expected) => {
  const { ids, total } = windowOf(reader, filter);
  expect(ids.map((id) => names[id]).join(' ')).toBe(expected);
  expect(total).toBe(ids.length);
});

test('an hour of the day is on this machine’s clock', () => {
  const clock = new Date(SESSION_START_UNIX_MS + 1500);
  const text = [clock.getHours(), clock.getMinutes(), clock.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const { ids } = windowOf(reader, `started > ${text}`);
  expect(ids.map((id) => names[id])).toEqual(['open', 'six']);
});

test('every field, operator and flag makes SQL that runs', () => {
  const values: { [type: string]: string } = {
    text: 'x',
    integer: '1',
    port: '1',
    size: '1k',
    duration: '1ms',
    endpoint: '10.0.0.1:1',
    address: '10.0.0.1',
    errno: 'EPERM',
    choice: '',
    time: '-5m',
  };
  for (const field of FIELDS) {
    for (const operator of operatorsOf(field)) {
      const value = field.choices[0] ?? values[field.type];
      expect(() => windowOf(reader, `not ${field.name} ${operator} ${value}`)).not.toThrow();
    }
    if (field.optional) expect(() => windowOf(reader, `${field.name} != none`)).not.toThrow();
  }
  for (const { name } of FLAGS) expect(() => windowOf(reader, name)).not.toThrow();
});

test('the longest filters that the parser lets through run', () => {
  expect(() => windowOf(reader, Array(100).fill('10.0.0.1:1').join(' or '))).not.toThrow();
  expect(() => windowOf(reader, `${'not '.repeat(49)}failed`)).not.toThrow();
  expect(() => windowOf(reader, `${'('.repeat(50)}a${')'.repeat(50)}`)).not.toThrow();
});

test('a wrong filter is a problem with a place', () => {
  expect(() => windowOf(reader, 'port = x')).toThrow(
    expect.objectContaining({ code: 'bad-filter', at: { from: 7, to: 8 } }),
  );
});
