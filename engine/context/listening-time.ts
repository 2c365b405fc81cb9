// Time as a busy thread has it: what passes in one long turn of its own work counts as one slice,
// since no answer could have been heard meanwhile. Used by machine-context.ts.
import type { Milliseconds } from '../../contract/units.ts';

const SLICE_MS = 50;

/** Calls `act` when this thread could have listened for so long; the function that comes back calls it off. */
export function afterListening(ms: Milliseconds, act: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const next = () => {
    const slice = Math.min(SLICE_MS, left);
    left -= slice;
    timer = setTimeout(() => (left > 0 ? next() : act()), slice);
  };
  next();
  return () => clearTimeout(timer);
}
