// A kernel that hides its addresses (kernel.kptr_restrict=2 hides them from root, too): its
// stacks are there, and say why they have no names.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Child } from './children.ts';
import type { DetailedMoment } from './named-programs.ts';
import { program } from './programs.ts';
import { scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';
import { at, captureBegins, command, names, TraceRun } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();

afterAll(remove);

/** A trace that reads another /proc/kallsyms, in a mount namespace of its own. */
async function traceWith(kallsyms: string): Promise<TraceRun> {
  const file = `${folder}/kallsyms`;
  writeFileSync(file, kallsyms);
  const script = 'mount --bind "$0" /proc/kallsyms && exec "$@"';
  const run = new TraceRun(
    new Child('unshare', ['--mount', 'sh', '-c', script, file, ...command, 'trace', '--json']),
  );
  await captureBegins(run.child);
  return run;
}

async function connectStack(
  run: TraceRun,
): Promise<{ kernel: readonly string[]; hint: string | null }> {
  const child = new Child(program('dial'), ['127.0.0.1', '9']);
  const line = await run.attempt({ pid: child.pid });
  await run.stop();
  const { kernelStack, kernelHint } = at(line, 'connect') as DetailedMoment;
  return { kernel: kernelStack, hint: kernelHint };
}

test('zeros in place of addresses: raw addresses, with the reason', async () => {
  const zeros = readFileSync('/proc/kallsyms', 'utf8').replace(/^[0-9a-f]+/gm, (digits) =>
    '0'.repeat(digits.length),
  );
  const { kernel, hint } = await connectStack(await traceWith(zeros));
  expect(kernel.length).toBeGreaterThan(3);
  for (const frame of kernel) expect(frame).toMatch(/^0x[0-9a-f]{16}/);
  expect(hint).toContain('sysctl kernel.kptr_restrict=1');
});

// The snapshot has no name for programs that are loaded later, as net.core.bpf_jit_kallsyms=0 has none.
test("Synscope's own frames are not in a kernel stack", async () => {
  const { kernel, hint } = await connectStack(
    await traceWith(readFileSync('/proc/kallsyms', 'utf8')),
  );
  expect(hint).toBeNull();
  expect(names(kernel)).toContain('tcp_v4_connect');
  expect(names(kernel).join(' ')).not.toMatch(
    /bpf_prog_|bpf_trampoline|bpf_trace_run|__bpf_trace|__traceiter/,
  );
});
