import { expect, test } from 'vitest';
import { drawnCounts } from '../../../renderer/panels/overview/overview-rows.ts';

test('one failure beside 10,000 attempts is drawn so that it can be seen', () => {
  const { rest, failures } = drawnCounts(9_999, 1, 10_000);
  expect(failures).toBe(200);
  expect(rest + failures).toBe(10_000);
  expect(drawnCounts(1, 0, 10_000)).toEqual({ rest: 200, failures: 0 });
  expect(drawnCounts(1, 9_999, 10_000)).toEqual({ rest: 200, failures: 9_800 });
});

test('what can be seen is drawn as it is, and nothing where nothing was', () => {
  expect(drawnCounts(60, 40, 100)).toEqual({ rest: 60, failures: 40 });
  expect(drawnCounts(0, 0, 100)).toEqual({ rest: 0, failures: 0 });
});
