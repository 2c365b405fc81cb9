// Which part of Synscope may import which: the boundaries of the design, checked in every
// `npm test`. contract ← all; engine ← shells; the page knows the contract only.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A part and what it may import from, besides itself. `npm` = packages it may use. */
interface Rule {
  readonly parts: readonly string[];
  readonly npm: readonly string[];
  readonly node: boolean;
}

const RULES: Readonly<Record<string, Rule>> = {
  contract: { parts: [], npm: [], node: false },
  engine: { parts: ['contract'], npm: [], node: true },
  serve: { parts: ['contract', 'engine'], npm: ['ws'], node: true },
  electron: { parts: ['contract', 'engine'], npm: ['electron'], node: true },
  cli: { parts: ['contract', 'engine', 'serve'], npm: ['commander'], node: true },
  renderer: {
    parts: ['contract'],
    npm: [
      'react',
      'react-dom',
      'recharts',
      'd3-flame-graph',
      'd3-selection',
      'zustand',
      '@tanstack/react-table',
      '@tanstack/react-virtual',
    ],
    node: false,
  },
};

const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*'([^']+)'|import\s*\(?\s*'([^']+)'/g;

/** What a file imports. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
}

/** Why `file` may not import `specifier`; null when it may. Paths are from the root. */
export function objection(file: string, specifier: string): string | null {
  const part = file.split('/')[0] ?? '';
  const rule = RULES[part];
  if (rule === undefined) return null;
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file), specifier)).split('/')[0] ?? '';
    if (target === part || rule.parts.includes(target)) return null;
    return `${part}/ may import from ${[part, ...rule.parts].join(', ')}, not from ${target}`;
  }
  if (specifier.startsWith('node:')) return rule.node ? null : `${part}/ runs without Node`;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (rule.npm.includes(name)) return null;
  return `${part}/ does not use the package ${name}`;
}

function check(): number {
  const files = globSync('{contract,engine,serve,electron,cli,renderer}/**/*.{ts,tsx}', {
    cwd: ROOT,
  });
  let wrong = 0;
  for (const file of files) {
    for (const specifier of importsOf(readFileSync(join(ROOT, file), 'utf8'))) {
      const why = objection(file, specifier);
      if (why === null) continue;
      wrong += 1;
      console.error(`${file} imports ${specifier}: ${why}.`);
    }
  }
  if (wrong > 0) {
    console.error('Move the code to the part that it belongs to, or take the way that');
    console.error('docs/life-of-an-event.md shows. The rules are in scripts/check-imports.ts.');
  }
  return wrong === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = check();
