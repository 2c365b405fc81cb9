// The lifecycle of recorded attempts, as the engine tells them: what the window makes of
// retransmissions must hold for real sessions, not only for made-up events.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptDetail } from '../../../contract/attempt.ts';
import { describeAttempt } from '../../../renderer/panels/details/sentence.ts';
import { layoutTimeline } from '../../../renderer/panels/details/timeline-layout.ts';
import { openFile } from '../../fixtures/query.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const path = join(temporaryDirectory(), 'failures.synscope');
copyFileSync(join(import.meta.dirname, '../../../samples/failures.synscope'), path);

/** Recorded attempts in which something was sent again. */
function recorded(): AttemptDetail[] {
  const reader = openFile(path);
  const found: AttemptDetail[] = [];
  for (let id = 1; id < 200; id += 1) {
    const detail = reader.attempt(id);
    if (detail?.events.some(({ kind }) => kind === 'retransmit')) found.push(detail);
  }
  reader.close();
  return found;
}

const again = (detail: AttemptDetail): string[] =>
  layoutTimeline(detail, 2_000, (text) => text.length)
    .ticks.map(({ name }) => name)
    .filter((name) => / \d+$/.test(name));

test('data that an established connection sent again is not called a SYN', () => {
  const backup = recorded().find(({ row }) => row.connectMs !== null && row.connectMs < 900);
  if (backup === undefined) throw new Error('the sample has no data retransmission');
  expect(backup.row.comm).toBe('backup');
  expect(again(backup)).not.toEqual([]);
  expect(again(backup).every((name) => /^sent again \d+$/.test(name))).toBe(true);
  const text = describeAttempt(backup)
    .map((sentence) => sentence.text)
    .join(' ');
  expect(text).toContain('sent again');
  expect(text).not.toContain('SYN');
});

test('SYNs without an answer are called so', () => {
  const waiting = recorded().filter(({ row }) => row.connectMs === null);
  expect(waiting.length).toBeGreaterThan(0);
  for (const detail of waiting) expect(again(detail)[0]).toBe('SYN 1');
});
