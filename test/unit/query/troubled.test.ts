// Attempts that did not fail and have a verdict: how they are selected, what their events say,
// and that nothing counts them among the failures.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptJson } from '../../../engine/export/attempt-json.ts';
import { openFile, selecting, windowOf } from '../../fixtures/query.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const MS = 1_000_000;
const path = join(temporaryDirectory(), 'troubled.synscope');
const session = new SessionBuilder(path);
const failed = session.refused({ verdict: 'refused-by-peer', confidence: 'likely' });
const well = session.attempt({ state: 'CLOSE', outcome: 'closed', started_ns: 0, ended_ns: MS });
const stalled = session.attempt({
  outcome: 'open',
  started_ns: 0,
  established_ns: MS,
  verdict: 'zero-window',
  confidence: 'certain',
  finding: JSON.stringify({ params: { stalls: 1, longestMs: 3200, waiting: 9000 }, events: {} }),
});
const say = (atMs: number, kind: string, detail: object) =>
  session.event(stalled, atMs, kind, { detail: JSON.stringify(detail) });
say(1, 'retransmit', { count: 1, rtoMs: 820, inRow: 3, state: 'ESTABLISHED' });
say(2, 'retransmit', { count: 2, rtoMs: 900, inRow: 1, state: 'ESTABLISHED', windowClosed: true });
say(3, 'retransmit', { count: 3, state: 'ESTABLISHED' });
say(4, 'zero-window', { side: 'peer', phase: 'began', waiting: 9000 });
say(5, 'zero-window', { side: 'peer', phase: 'ended', forMs: 3200 });
say(6, 'zero-window', { side: 'own', phase: 'began' });
say(7, 'zero-window', { side: 'own', phase: 'ended', forMs: 90, unresolved: true });
say(7, 'zero-window', { side: 'own', phase: 'ended', forMs: 900 });
say(8, 'keep-alive', { unanswered: 2 });
say(9, 'keep-alive', { unanswered: 0 });
say(10, 'syn-cookie', { agoMs: 4 });
say(11, 'timeout', { timer: 'keep-alive', probes: 2, userTimeoutMs: 3000 });
say(12, 'timeout', { timer: 'retransmission', resent: 15, orphan: true });
say(13, 'timeout', { timer: '__proto__' });
session.close();

function ids(filter: string): number[] {
  return windowOf(openFile(path), filter).ids;
}

test('the flag selects them, and no failure', () => {
  expect(ids('troubled')).toEqual([stalled]);
  expect(ids('failed')).toEqual([failed]);
  expect(ids('not troubled').sort()).toEqual([failed, well].sort());
  expect(ids('verdict = zero-window')).toEqual([stalled]);
  expect(ids('troubled or failed').sort()).toEqual([failed, stalled].sort());
  expect(windowOf(openFile(path), { failedOnly: true }).ids).toEqual([failed]);
});

test('they count as no failure', () => {
  const reader = openFile(path);
  expect(reader.status()).toMatchObject({ attempts: 3, failures: 1 });
  expect(reader.overview(selecting({}), 4)).toMatchObject({ failures: 1 });
});

test('each event in a line', () => {
  const detail = openFile(path).attempt(stalled);
  expect(detail?.events.map(({ text }) => text)).toEqual([
    'data sent again (1), timeout 820 ms ran out, 3 in a row',
    'data sent again (2) after 1 ms, timeout 900 ms ran out, into a closed window',
    'data sent again (3) after 1 ms',
    "peer's window closed: 9 kB must wait here",
    "peer's window open again after 3.2 s",
    'own window closed: nobody here reads, the peer must wait',
    'window still closed at the end after 90 ms',
    'own window open again after 900 ms at least',
    '2 keep-alive probes in a row not answered',
    'keep-alive probe answered again',
    'came in by a SYN cookie, as its first round-trip time tells',
    'timer gave up: keep-alive probes not answered (2 in a row), TCP_USER_TIMEOUT 3 s',
    'timer gave up: retransmission not answered (15 in a row), closed by its process before',
    'timer gave up: no answer',
  ]);
});

test('as JSON: troubled, with the verdict and what there was', () => {
  const detail = openFile(path).attempt(stalled);
  const json = detail && attemptJson(detail);
  expect(json).toMatchObject({ failed: false, troubled: true, verdict: { id: 'zero-window' } });
  expect(json?.verdict?.sentence).toContain('for 3.2 s');
  expect(json?.troubles).toHaveLength(11);
  expect(json?.troubles[0]).toEqual({
    kind: 'zero-window',
    atMs: 4,
    text: "peer's window closed: 9 kB must wait here",
  });
});
