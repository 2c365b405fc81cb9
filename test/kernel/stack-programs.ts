// The programs of test/programs/stacks/, built as a test asks: two shared libraries, static,
// without unwind tables… Used by the tests of user stacks.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../programs/stacks/', import.meta.url));
/** As distributions build: optimized, and no register kept for frames. */
const FLAGS = ['-O2', '-fomit-frame-pointer', '-Wall', '-Wextra', '-pthread'];
/**
 * The default layout of lld, by GNU ld: the code lies in the file page in which the segment
 * before it ends, and pages further on in memory.
 */
export const PACKED = [
  '-pie',
  '-fPIE',
  '-Wl,-z,noseparate-code,-z,max-page-size=4096,--section-start=.init=0x3e00',
];
/** With a `connect` of its own that no unwind information covers. */
export const STUB = `${SOURCES}stub.c`;
const CHAIN = ['inner.c', 'outer.c', 'chain.c'];

function compile(compiler: string, args: readonly string[], sources: readonly string[]): void {
  const files = sources.map((name) => `${SOURCES}${name}`);
  execFileSync(compiler, [...FLAGS, ...args, ...files], { stdio: 'pipe' });
}

/** The call chain through two shared libraries that lie beside the program. Returns its path. */
export function buildChain(folder: string, main = 'chain.c'): string {
  mkdirSync(folder, { recursive: true });
  const library = ['-shared', '-fPIC'];
  compile('gcc', [...library, '-o', `${folder}/libinner.so`], ['inner.c']);
  const found = [`-L${folder}`, '-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed'];
  compile('gcc', [...library, ...found, '-o', `${folder}/libouter.so`, '-linner'], ['outer.c']);
  const name = `${folder}/${main.replace(/\..*/, '')}`;
  const compiler = main.endsWith('.cc') ? 'g++' : 'gcc';
  compile(compiler, [...found, '-o', name, '-louter', '-linner'], [main]);
  return name;
}

/** The same chain in one file. */
export function buildWhole(folder: string, name: string, ...flags: string[]): string {
  mkdirSync(folder, { recursive: true });
  compile('gcc', [...flags, '-o', `${folder}/${name}`], CHAIN);
  return `${folder}/${name}`;
}
