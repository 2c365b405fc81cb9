// Established connections that the kernel gave up, each by another of its timers. The peer
// falls silent without anything on this machine having dropped a packet.
import { beforeEach, expect, test } from 'vitest';
import { type Child, pause } from './children.ts';
import { Hole, whyNoHole } from './hole.ts';
import { hear } from './programs.ts';
import { dial, listen, useStage } from './stage.ts';
import type { TraceLine } from './trace-run.ts';

const stage = useStage();
const PATIENCE_MS = 40_000;

beforeEach((context) => {
  const reason = whyNoHole();
  if (reason) context.skip(reason);
});

/** A connection that stands when its peer falls silent, and how it ended. */
async function silenced(
  port: number,
  flags: readonly string[],
  options: { listener?: string[]; retries2?: number; afterMs?: number } = {},
): Promise<{ line: TraceLine; child: Child }> {
  const lab = stage.lab();
  const { retries2, afterMs = 0, listener = [] } = options;
  if (retries2 !== undefined) lab.client.sysctl('net.ipv4.tcp_retries2', retries2);
  await listen(lab, port, ...listener);
  const hole = await Hole.in(lab.client);
  const child = dial(lab, lab.server.ipv4, port, ...flags);
  await hear(child, 'connect');
  await pause(afterMs);
  hole.swallow(lab.server.ipv4);
  const line = await stage.trace.attempt({ pid: child.pid }, PATIENCE_MS);
  return { line, child };
}

/** Asserts the failure, its verdict and the timer that it names. */
function expectTimer(line: TraceLine, verdict: string, text: string | RegExp): void {
  expect(line).toMatchObject({ outcome: 'timed-out', failed: true, troubled: false });
  expect(line.error).toBe('ETIMEDOUT');
  expect(line.verdict).toMatchObject({ id: verdict, confidence: 'certain' });
  const timeouts = line.troubles.filter(({ kind }) => kind === 'timeout');
  expect(timeouts).toHaveLength(1);
  expect(timeouts[0]?.text).toMatch(text);
  expect(line.verdict?.evidence.map(({ text: claim }) => claim)).toContainEqual(
    expect.stringMatching(/timer|TCP_USER_TIMEOUT/),
  );
}

test('keep-alive: nothing to send, and its probes are not answered', async () => {
  const { line } = await silenced(4301, ['--keepalive', '1,1,2', '--hold', '30000']);
  expectTimer(line, 'keep-alive-timeout', /keep-alive probes not answered \(2 in a row\)/);
  expect(line.verdict?.sentence).toContain('did not answer 2 keep-alive probes');
  expect(line.verdict?.evidence[0]?.text).toContain('after 1 s without a segment, 2 probes');
  expect(line.retransmits).toBe(0);
});

test('keep-alive with TCP_USER_TIMEOUT: that decides', async () => {
  const flags = ['--keepalive', '1,1,9', '--user-timeout', '2000', '--hold', '30000'];
  const { line } = await silenced(4302, flags);
  expectTimer(line, 'user-timeout', /keep-alive probes not answered .*TCP_USER_TIMEOUT 2 s/);
  expect(line.verdict?.sentence).toContain('its keep-alive probes were not answered');
});

test('TCP_USER_TIMEOUT while data is sent again', async () => {
  const flags = ['--user-timeout', '1500', '--delay', '500', '--send', '1000', '--hold', '30000'];
  const { line } = await silenced(4303, flags);
  expectTimer(line, 'user-timeout', /retransmission not answered .*TCP_USER_TIMEOUT 1.5 s/);
  expect(line.verdict?.sentence).toContain('after 1.5 s, as the program had asked for');
  expect(line.retransmits).toBeGreaterThan(0);
});

test('tcp_retries2: data was sent again as often as the kernel may', async () => {
  const flags = ['--delay', '500', '--send', '1000', '--hold', '30000'];
  const { line } = await silenced(4304, flags, { retries2: 3 });
  expectTimer(line, 'connection-went-silent', /retransmission not answered \(\d in a row\)/);
  expect(line.verdict?.evidence.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/retransmission timer gave up: \d retransmissions .* tcp_retries2 is 3/),
  );
});

test('zero-window probes: the peer had closed its window, and was gone then', async () => {
  const options = { listener: ['--delay', '60000'], retries2: 3, afterMs: 1200 };
  const { line } = await silenced(4305, ['--send', '40000000'], options);
  expectTimer(line, 'zero-window-timeout', /window of the peer closed \(\d in a row\)/);
  expect(line.verdict?.sentence).toMatch(
    /still had \d+ bytes for .* whose receive window was closed/,
  );
  const stalls = line.troubles.filter(({ kind }) => kind === 'zero-window');
  expect(stalls.at(-1)?.text).toContain('still closed at the end');
});

test('closed by its process: the kernel waits less long for an orphan', async () => {
  const lab = stage.lab();
  lab.client.sysctl('net.ipv4.tcp_orphan_retries', 2);
  await listen(lab, 4306);
  const hole = await Hole.in(lab.client);
  const child = dial(lab, lab.server.ipv4, 4306, '--delay', '700', '--send', '1000');
  await hear(child, 'connect');
  hole.swallow(lab.server.ipv4);
  const line = await stage.trace.attempt({ pid: child.pid }, PATIENCE_MS);
  expectTimer(line, 'connection-went-silent', /closed by its process before/);
});

test('SYN_SENT: TCP_USER_TIMEOUT ended the handshake, not tcp_syn_retries', async () => {
  const lab = stage.lab();
  const hole = await Hole.in(lab.client);
  hole.swallow(lab.server.ipv4);
  const child = dial(lab, lab.server.ipv4, 4307, '--user-timeout', '1500');
  const line = await stage.trace.attempt({ pid: child.pid }, PATIENCE_MS);
  expect(line).toMatchObject({ outcome: 'timed-out', verdict: { id: 'silence' } });
  expect(line.verdict?.sentence).toContain('the program asked for that (TCP_USER_TIMEOUT 1.5 s)');
});
