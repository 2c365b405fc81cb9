// Which hooks attach on which kernel: taken from what `synscope doctor --json` said there,
// kept in hooks/*.json, shown as a table in docs/kernels.md. run.ts holds each run against
// it; test/unit/kernels/ holds the table against the files.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'hooks');
const PAGE = join(import.meta.dirname, '../../docs/kernels.md');
const BEGIN = '<!-- hooks: written by `npm run test:kernels -- accept` -->';
const END = '<!-- hooks: end -->';

/** One hook family on one kernel: its hook, or why it has none and what is missed. */
export interface HookFact {
  readonly family: string;
  readonly attached: boolean;
  readonly found: string;
}

/** What is kept of a kernel. */
export interface KernelFacts {
  readonly release: string;
  readonly hooks: readonly HookFact[];
  /** What sees the results of connect(2) and accept(2). */
  readonly syscalls: string;
}

interface Finding {
  readonly name: string;
  readonly level: string;
  readonly found: string;
}

/** The facts in the output of `doctor --json`; null when it is not such an output. */
export function factsOf(release: string, doctor: unknown): KernelFacts | null {
  const findings = (doctor as { findings?: Finding[] } | null)?.findings;
  if (!Array.isArray(findings)) return null;
  const hooks = findings
    .filter(({ name }) => name.startsWith('hook '))
    .map(({ name, level, found }) => ({
      family: name.slice('hook '.length),
      attached: level === 'ok',
      found,
    }));
  const syscalls = findings.find(({ name }) => name === 'syscall hooks')?.found;
  // Its first words; the rest is what it costs.
  return { release, hooks, syscalls: syscalls?.split(/[,:]/)[0] ?? 'none' };
}

/** What differs between what is written down and what a run found; none = they agree. */
export function differences(kept: KernelFacts | null, found: KernelFacts): string[] {
  const families = new Set([...(kept?.hooks ?? []), ...found.hooks].map(({ family }) => family));
  const text = (facts: KernelFacts | null, family: string) =>
    facts?.hooks.find((hook) => hook.family === family)?.found ?? 'nothing';
  const pairs = [...families].map((family) => [family, text(kept, family), text(found, family)]);
  pairs.push(['syscall hooks', kept?.syscalls ?? 'nothing', found.syscalls]);
  return pairs
    .filter(([, before, now]) => before !== now)
    .map(([family, before, now]) => `${family}: written down is “${before}”, found “${now}”`);
}

/** The kept facts of a kernel; null when it was never recorded. */
export function readFacts(name: string): KernelFacts | null {
  try {
    return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as KernelFacts;
  } catch {
    return null;
  }
}

export function writeFacts(name: string, facts: KernelFacts): void {
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
}

/** All kept facts, by the age of the kernel. */
function allFacts(): KernelFacts[] {
  return readdirSync(FOLDER)
    .map((file) => readFacts(file.replace(/\.json$/, '')))
    .filter((facts) => facts !== null)
    .sort((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true }));
}

/** The table as Markdown: a row for each hook family, a column for each kernel. */
export function table(kernels: readonly KernelFacts[] = allFacts()): string {
  const families = [...new Set(kernels.flatMap(({ hooks }) => hooks.map(({ family }) => family)))];
  const notes: string[] = [];
  const cell = (facts: KernelFacts, family: string) => {
    const hook = facts.hooks.find((one) => one.family === family);
    if (hook === undefined) return '';
    if (hook.attached) return `\`${hook.found}\``;
    if (!notes.includes(hook.found)) notes.push(hook.found);
    return `no [${notes.indexOf(hook.found) + 1}]`;
  };
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [
    row(['hook family', ...kernels.map(({ release }) => release)]),
    row(['---', ...kernels.map(() => '---')]),
    ...families.map((family) => row([family, ...kernels.map((facts) => cell(facts, family))])),
    row(['syscalls are seen by', ...kernels.map(({ syscalls }) => syscalls)]),
  ];
  const legend = notes.map((note, i) => `[${i + 1}] ${note}`);
  return [...lines, ...(legend.length > 0 ? ['', legend.join('  \n')] : [])].join('\n');
}

/** The page with this table in it; throws when it has no place for one. */
export function pageWith(page: string, newTable: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/kernels.md has no lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${newTable}\n\n${page.slice(end)}`;
}

/** docs/kernels.md as it is. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}

/** Writes the table of what is kept into docs/kernels.md. */
export function writePage(): void {
  writeFileSync(PAGE, pageWith(readPage(), table()));
}
