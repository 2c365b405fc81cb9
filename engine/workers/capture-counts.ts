// What a capture says of itself, in the words of the session file. Part of a CaptureRun
// (capture-run.ts).
import type { CaptureCounters, HookStatus } from '../../contract/addon.ts';

/** Families of which no hook is attached. */
export function missingFamilies(hooks: readonly HookStatus[]): Set<string> {
  const missing = new Set(hooks.map(({ family }) => family));
  for (const { family, attached } of hooks) if (attached) missing.delete(family);
  return missing;
}

/** The counters that the file keeps. */
export function seen({ emitted, delivered, lost, missed }: CaptureCounters) {
  return { emitted, delivered, lost, missed };
}
