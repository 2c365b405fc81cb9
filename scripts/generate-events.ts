// Generates contract/generated/events.ts and native/src/layout_hash.h from bpf/events.h:
// C header → clang → BTF → bpftool → readers. With --check it only compares.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canonical, type Layout, layoutFromBtf, layoutHash } from './generate-events/layout.ts';
import { readersSource } from './generate-events/readers.ts';

const ROOT = join(import.meta.dirname, '..');
const COMMAND = 'node_modules/.bin/node scripts/generate-events.ts';

/** Compiles bpf/layout.c and returns bpftool's JSON of its BTF. */
function compileToBtf(): string {
  const directory = mkdtempSync(join(tmpdir(), 'synscope-layout-'));
  try {
    const object = join(directory, 'layout.o');
    const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
    const include = `/usr/include/${machine}-linux-gnu`;
    const source = join(ROOT, 'bpf/layout.c');
    run('clang', [
      '-target',
      'bpf',
      '-g',
      '-O2',
      '-Wall',
      '-Werror',
      `-I${include}`,
      '-c',
      source,
      '-o',
      object,
    ]);
    return run('bpftool', ['btf', 'dump', 'file', object, 'format', 'raw', '-j']);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(program: string, args: string[]): string {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  try {
    return execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH: path } });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(
        `${program} is not installed. On Debian and Ubuntu: apt install clang bpftool`,
      );
    }
    throw error;
  }
}

/** The layout, in its two parts. */
const HEADERS = ['bpf/events.h', 'bpf/waiting_events.h'];

/** Every struct and enum of the layout must be in BTF, else layout.c has to mention it. */
function requireAllTypes(layout: Layout): void {
  const header = HEADERS.map((name) => readFileSync(join(ROOT, name), 'utf8')).join('');
  const known = new Set([...layout.structs, ...layout.enums].map((type) => type.name));
  for (const [, name = ''] of header.matchAll(/^(?:struct|enum) (\w+) \{/gm)) {
    if (!known.has(name))
      throw new Error(
        `bpf/layout.c does not mention ${name} of bpf/events.h: add a variable of it`,
      );
  }
}

function headerSource(hash: string): string {
  return `/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "${hash}"

#endif
`;
}

function currentText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function main(): number {
  const layout = layoutFromBtf(compileToBtf());
  requireAllTypes(layout);
  if (process.argv.includes('--print')) {
    process.stdout.write(canonical(layout));
    return 0;
  }
  const hash = layoutHash(layout);
  const outputs: [string, string][] = [
    ['contract/generated/events.ts', readersSource(layout, hash)],
    ['native/src/layout_hash.h', headerSource(hash)],
  ];
  const changed = outputs.filter(([path, text]) => currentText(join(ROOT, path)) !== text);
  if (process.argv.includes('--check')) {
    for (const [path] of changed)
      console.error(`${path} does not match bpf/events.h. Run: ${COMMAND}`);
    return changed.length > 0 ? 1 : 0;
  }
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`generate-events: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
