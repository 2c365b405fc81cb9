// Records were lost between two readings of the counters: each attempt that lived then says
// that it may miss some, in whatever order losses and records become known.
import { expect, test } from 'vitest';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import { connected, refused, socket } from '../../fixtures/socket-story.ts';

const peer = '10.0.0.2:443';
const ms = (value: number) => value * 1e6;

const marks = ({ attempts }: LifecycleRecorder) => attempts.map(({ incomplete }) => incomplete);

test('what lives is marked, and what came and ended since the last reading', () => {
  const recorder = new LifecycleRecorder().hears(connected('curl', peer), refused('wget', peer));
  recorder.lifecycle.losses.between(0, ms(50));
  expect(marks(recorder)).toEqual([true, true]);
});

test('what ended before the last reading is not', () => {
  const recorder = new LifecycleRecorder().hears(connected('curl', peer), refused('wget', peer));
  recorder.lifecycle.losses.none();
  recorder.lifecycle.losses.between(ms(50), ms(100));
  expect(marks(recorder)).toEqual([true, false]);
});

test('what begins later is not', () => {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.losses.between(0, ms(50));
  const late = socket().by('ssh').to(peer).after(100).connects();
  recorder.hears(connected('curl', peer), late);
  expect(marks(recorder)).toEqual([true, false]);
});

test('records that come out of the ring after the loss was counted: their attempts lived then', () => {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.losses.between(0, ms(50));
  recorder.hears(connected('curl', peer), refused('wget', peer));
  expect(marks(recorder)).toEqual([true, true]);
});

test('a loss in the middle of a life whose records come later', () => {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.losses.between(ms(20), ms(50));
  const story = connected('curl', peer).after(100);
  recorder.hears(story.goes('ESTABLISHED', 'CLOSE', { by: 'owner' }).destroyed());
  recorder.waitsUntil(2000);
  expect(marks(recorder)).toEqual([true]);
});

test('more losses than are remembered one by one leave no attempt out', () => {
  const recorder = new LifecycleRecorder();
  for (let at = 0; at < 300; at++) recorder.lifecycle.losses.between(ms(at * 10), ms(at * 10 + 1));
  recorder.hears(connected('curl', peer));
  expect(marks(recorder)).toEqual([true]);
});
