// The self check of `synscope doctor` on a machine of any speed. The connection is a real
// one; whether its rows come, and when, is what each engine here decides.
import { expect, test } from 'vitest';
import { checkOurselves } from '../../../cli/self-check.ts';
import type { Engine } from '../../../engine/engine-types.ts';

/** An engine that has both ends of any connection from some moment on. */
function engineWith(rowsFrom: 'at once' | 'the end' | 'never'): Engine {
  let ended = false;
  const rows = () => (rowsFrom === 'at once' || (rowsFrom === 'the end' && ended) ? 2 : 0);
  const call = async (method: string) =>
    method === 'attempts' ? { total: rows() } : { completeness: null };
  return {
    call: call as Engine['call'],
    onNotice: () => () => {},
    onEnded: () => () => {},
    captureProblem: null,
    livePath: null,
    stopCapture: async () => {
      ended = true;
    },
    stop: async () => {},
  };
}

async function found(rowsFrom: 'at once' | 'the end' | 'never') {
  const [check] = await checkOurselves(engineWith(rowsFrom), 100);
  return check;
}

test('a connection whose rows are there at once', async () => {
  expect(await found('at once')).toMatchObject({
    level: 'ok',
    found: 'a connection over loopback was seen at both ends',
  });
});

test('rows that only the end of the capture brings: it works, and is said to be slow', async () => {
  const check = await found('the end');
  expect(check?.level).toBe('ok');
  expect(check?.found).toMatch(/only 0\.\d s later, when the capture ended: .* very slow or busy/);
});

test('rows that never come: it does not work', async () => {
  expect(await found('never')).toMatchObject({
    level: 'fail',
    found: 'a connection over loopback was not seen',
  });
});
