// Loads the native addon and checks that it speaks the same event layout. Used by the
// writer worker; the stop after is engine/capture/decode.ts.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SynscopeAddon } from '../../contract/addon.ts';
import { LAYOUT_HASH } from '../../contract/generated/events.ts';
import { Problem } from '../problem.ts';
import { repositoryRoot } from '../shells/root.ts';

/** The addon. Throws a `Problem` when it is missing or was built from another layout. */
export function loadAddon(): SynscopeAddon {
  const path = join(repositoryRoot(), 'native/build/synscope.node');
  let addon: SynscopeAddon;
  try {
    addon = createRequire(import.meta.url)(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Problem(
      'no-addon',
      `The part of Synscope that speaks to the kernel cannot be loaded: ${reason}.`,
      'Build it: npm start, or make -C native',
    );
  }
  if (addon.layoutHash !== LAYOUT_HASH) {
    throw new Problem(
      'layout',
      'The part of Synscope that speaks to the kernel was built from another event layout than this engine.',
      'Build it again: node_modules/.bin/node scripts/generate-events.ts && make -C native',
    );
  }
  return addon;
}
