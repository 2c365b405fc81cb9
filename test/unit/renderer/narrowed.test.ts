import { expect, test } from 'vitest';
import { narrowedBy } from '../../../renderer/store/state.ts';

const range = { from: 1, to: 2 };

test.each([
  [{ filter: 'port = 1', failedOnly: false, range: null }, 'the filter'],
  [{ filter: ' ', failedOnly: false, range }, 'the time range'],
  [{ filter: 'port = 1', failedOnly: true, range: null }, 'the filter and “Failed only” together'],
  [
    { filter: 'port = 1', failedOnly: true, range },
    'the filter, “Failed only” and the time range together',
  ],
])('only what is set is to blame: %o', (set, words) => {
  expect(narrowedBy(set)).toBe(words);
});
