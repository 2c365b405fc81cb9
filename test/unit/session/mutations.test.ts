// Session files with bytes changed and ends cut off at random, asked everything: each is
// refused with a sentence or shown, and nothing takes long.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { askEverything } from '../../fixtures/session-door.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
/** Everything about one file; a real one takes 20 ms. */
const PATIENCE_MS = 5000;

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Small changes mostly: a single byte is what gets past SQLite's own check. */
function mutated(whole: Buffer, random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const end = random() < 0.1 ? below(whole.length) : whole.length;
  const changed = Buffer.from(whole.subarray(0, end));
  if (changed.length === 0) return changed;
  if (random() < 0.1) {
    const at = below(changed.length);
    changed.fill(below(256), at, Math.min(changed.length, at + below(3000)));
  }
  for (let left = 1 + below(random() < 0.5 ? 2 : 12); left > 0; left--) {
    changed[below(changed.length)] = below(256);
  }
  return changed;
}

async function survives(whole: Buffer, mutations: number, seed: number) {
  const random = numbersFrom(seed);
  const path = join(directory, `mutated-${seed}.synscope`);
  let [refused, shown, slowestMs] = [0, 0, 0];
  for (let done = 0; done < mutations; done++) {
    writeFileSync(path, mutated(whole, random));
    const beganAt = performance.now();
    const { problems } = await askEverything(path, directory, { thorough: false });
    slowestMs = Math.max(slowestMs, performance.now() - beganAt);
    if (problems.length > 0) refused++;
    else shown++;
  }
  return { refused, shown, slowestMs };
}

test('2,000 mutations of the sample', { timeout: 240_000 }, async () => {
  const whole = readFileSync(join(import.meta.dirname, '../../../samples/failures.synscope'));
  const { refused, shown, slowestMs } = await survives(whole, 2000, 20261121);
  expect(refused).toBeGreaterThan(100);
  expect(shown).toBeGreaterThan(100);
  expect(slowestMs).toBeLessThan(PATIENCE_MS);
});

test('300 mutations of a bigger session', { timeout: 240_000 }, async () => {
  const path = join(directory, 'bigger.synscope');
  const session = new SessionBuilder(path);
  fillSession(session, 300, 3);
  session.close();
  const { refused, shown, slowestMs } = await survives(readFileSync(path), 300, 7);
  expect(refused).toBeGreaterThan(20);
  expect(shown).toBeGreaterThan(20);
  expect(slowestMs).toBeLessThan(PATIENCE_MS);
});
