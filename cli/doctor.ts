// `synscope doctor`: what works on this machine, what is missing, and the exact fix. The
// exit status says whether a capture would work.
import { rmSync } from 'node:fs';
import type { HookStatus } from '../contract/addon.ts';
import { startEngine } from '../engine/engine.ts';
import { DEFAULT_BOUNDS } from '../engine/engine-types.ts';
import { asApiError } from '../engine/problem.ts';
import { SYNSCOPE_VERSION } from '../engine/version.ts';
import {
  type Finding,
  inspectDisplay,
  inspectKernel,
  inspectRights,
  inspectRuntimes,
  inspectStateDirectory,
  inspectSymbols,
} from './doctor-findings.ts';
import { type Paint, paintFor } from './format.ts';
import { print } from './interrupt.ts';
import { checkOurselves } from './self-check.ts';

/** Attaches for real, and tells what came of it. */
async function tryCapture(): Promise<{
  readonly hooks: readonly HookStatus[];
  readonly problem: { readonly sentence: string; readonly fix: string | null } | null;
  /** What a connection of our own showed. */
  readonly checks: readonly Finding[];
}> {
  try {
    const engine = await startEngine({ live: { path: null, bounds: DEFAULT_BOUNDS } });
    const problem = engine.captureProblem;
    const hooks = problem === null ? (await engine.call('status', { session: 'live' })).hooks : [];
    const checks = problem === null ? await checkOurselves(engine) : [];
    await engine.stop();
    if (engine.livePath !== null) rmSync(engine.livePath, { force: true });
    return { hooks, problem, checks };
  } catch (thrown) {
    const { sentence, fix } = asApiError(thrown);
    return { hooks: [], problem: { sentence, fix }, checks: [] };
  }
}

function inspectHook(hook: HookStatus): Finding {
  const name = `hook ${hook.family}`;
  if (hook.attached) return { name, level: 'ok', found: hook.hook, fix: null };
  const found = `${hook.hook}: ${hook.problem ?? 'not attached'}`;
  return { name, level: hook.required ? 'fail' : 'warn', found, fix: null };
}

/** Which way the syscalls are watched, and what that costs (measured on one machine). */
function inspectCalls(hooks: readonly HookStatus[]): Finding | null {
  const calls = hooks.filter((hook) => hook.family === 'connect' && hook.attached);
  if (calls.length === 0) return null;
  const taxed = calls.some((hook) => !hook.hook.startsWith('fexit/'));
  return {
    name: 'syscall hooks',
    level: 'ok',
    found: taxed
      ? 'syscall tracepoints, the fallback: each syscall of this machine takes about 60 to 90 ns longer'
      : 'fexit on the functions themselves: other syscalls cost nothing',
    fix: null,
  };
}

function line({ name, level, found, fix }: Finding, paint: Paint): string {
  const style = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const text = `${paint(style[level], level.padEnd(4))}  ${name.padEnd(22)}  ${found}`;
  return fix === null ? text : `${text}\n${' '.repeat(30)}fix: ${fix}`;
}

function verdict(works: boolean): string {
  return works
    ? 'A capture works here.'
    : 'A capture does not work here yet. Session files can be opened all the same.';
}

/** Prints what it finds; resolves with the exit status. */
export async function doctor(options: { readonly json: boolean }): Promise<number> {
  const { hooks, problem, checks } = await tryCapture();
  const capture: Finding =
    problem === null
      ? { name: 'capture', level: 'ok', found: 'hooks attached and detached again', fix: null }
      : { name: 'capture', level: 'fail', found: problem.sentence, fix: problem.fix };
  const calls = inspectCalls(hooks);
  const findings = [
    ...inspectKernel(),
    ...inspectRights(),
    capture,
    ...hooks.map(inspectHook),
    ...(calls === null ? [] : [calls]),
    ...checks,
    inspectSymbols(),
    ...inspectRuntimes(),
    inspectDisplay(),
    inspectStateDirectory(),
  ];
  const attached = hooks.every((hook) => hook.attached || !hook.required);
  const works = problem === null && attached && checks.every(({ level }) => level !== 'fail');
  if (options.json) {
    await print(`${JSON.stringify({ synscope: SYNSCOPE_VERSION, works, findings })}\n`);
  } else {
    const paint = paintFor(process.stdout.isTTY === true && process.stdout.hasColors());
    const lines = findings.map((finding) => line(finding, paint));
    await print(`${[`Synscope ${SYNSCOPE_VERSION}`, ...lines, '', verdict(works)].join('\n')}\n`);
  }
  return works ? 0 : 1;
}
