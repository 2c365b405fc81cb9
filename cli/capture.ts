// Starts an engine that captures, for trace and record, and says on stderr what is
// watched; a capture that cannot be had is a problem for cli/main.ts to explain.
import type { HookStatus } from '../contract/addon.ts';
import type { Bytes } from '../contract/units.ts';
import { startEngine } from '../engine/engine.ts';
import type { Engine, LiveOptions } from '../engine/engine-types.ts';
import { Problem } from '../engine/problem.ts';

/** Hooks that are not attached though this kernel was asked for them. */
export function missingHooks(hooks: readonly HookStatus[]): readonly HookStatus[] {
  return hooks.filter((hook) => !hook.attached);
}

/** The size of the ring as an option of the capture, or nothing for its default. */
export function ringOption(bytes: Bytes | null): { ringBytes?: Bytes } {
  return bytes === null ? {} : { ringBytes: bytes };
}

/** Resolves when events could not be written to the session file: a full disk, mostly. */
export function unwritable(engine: Engine): Promise<'unwritable'> {
  return new Promise((resolve) => {
    engine.onNotice((notice) => {
      if (notice.kind === 'changed' && notice.status.unwritten > 0) resolve('unwritable');
    });
  });
}

/** `capturing …`: scripts wait for this line. */
function readyLine(hooks: readonly HookStatus[], until: string): string {
  const missing = missingHooks(hooks);
  const lines = [
    `capturing TCP on this machine, ${hooks.length - missing.length} of ${hooks.length} hooks attached; ${until}`,
    ...missing.map((hook) => `  without ${hook.hook}: ${hook.problem ?? 'not attached'}`),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Attaches. Resolves once the hooks are in force; throws the `Problem` that prevents it.
 * `listen` gets the engine before anything can be missed.
 */
export async function startCapture(
  live: LiveOptions,
  until: string,
  listen: (engine: Engine) => void = () => {},
): Promise<Engine> {
  const engine = await startEngine({ live });
  listen(engine);
  const problem = engine.captureProblem;
  if (problem !== null) {
    await engine.stop();
    throw new Problem('no-capture', problem.sentence, problem.fix);
  }
  const { hooks } = await engine.call('status', { session: 'live' });
  process.stderr.write(readyLine(hooks, until));
  return engine;
}
