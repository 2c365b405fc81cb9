// Lines out of the table of a Go program against those of its debug information, which nobody
// stripped here: behind every fifth call of the program and of the runtime in it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const root = join(import.meta.dirname, '../../..');
const folder = temporaryDirectory();
const SOURCE = `package main

import "strings"

type pool struct{ names []string }

func (p *pool) join() string { return strings.Join(p.names, ", ") }

func main() {
	p := &pool{[]string{"a", "b"}}
	println(strings.ToUpper(p.join()))
}
`;
const PARTS = ['lines/go_lines', 'lines/dwarf_lines', 'src/go_elf', 'src/go_table', 'src/demangle'];

/** Runs a compiler, or gives the reason why not. */
function run(tool: string, args: readonly string[]): string | null {
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
    GOCACHE: join(folder, 'go-cache'),
  };
  const { error, status, stderr } = spawnSync(tool, args, { encoding: 'utf8', env });
  if (error) return `skipped: ${tool} is not installed`;
  if (status !== 0) throw new Error(stderr);
  return null;
}

function buildReaders(output: string): string | null {
  const sources = PARTS.map((part) => join(root, `native/${part}.cc`));
  const driver = join(root, 'test/programs/lines/go_against_dwarf.cc');
  const flags = ['-std=c++17', '-O1', '-pthread', '-o', output];
  return run('g++', [...flags, driver, ...sources, '-liberty', '-ldw', '-lelf']);
}

test('its lines are those of the debug information', { timeout: 180_000 }, ({ skip }) => {
  if (process.arch !== 'x64') skip('skipped: looks for the calls of x86-64');
  const source = join(folder, 'main.go');
  const readers = join(folder, 'go_against_dwarf');
  writeFileSync(source, SOURCE);
  const none = buildReaders(readers);
  if (none) skip(none);
  for (const mode of ['exe', 'pie']) {
    const program = join(folder, mode);
    const reason = run('go', ['build', `-buildmode=${mode}`, '-o', program, source]);
    if (reason) skip(reason);
    const { status, stdout, stderr } = spawnSync(readers, [program], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const { asked, place, inlined, whole } = JSON.parse(stdout);
    expect(asked).toBeGreaterThan(500);
    expect(inlined).toBeGreaterThan(50);
    expect(place, stderr).toBe(asked);
    // Where the two differ, the debug information does not know of what was inlined there.
    expect(whole / asked, stderr).toBeGreaterThan(0.97);
  }
});
