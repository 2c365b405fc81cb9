// The checks themselves: what they object to, and what they let pass.
import { expect, test } from 'vitest';
import { complaints } from '../../../scripts/check-files.ts';
import { importsOf, objection } from '../../../scripts/check-imports.ts';

test('every form of import is seen', () => {
  const source = [
    "import a from './a.ts';",
    "import type {\n  B,\n} from '../b.ts';",
    "export { c } from 'c';",
    "import './d.css';",
    "const e = await import('node:fs');",
  ].join('\n');
  expect(importsOf(source)).toEqual(['./a.ts', '../b.ts', 'c', './d.css', 'node:fs']);
});

test.each([
  ['renderer/app.tsx', '../contract/api.ts'],
  ['renderer/app.tsx', 'react-dom/client'],
  ['engine/query/reader.ts', '../../contract/api.ts'],
  ['cli/serve.ts', '../serve/server.ts'],
  ['electron/main.ts', 'electron'],
  ['engine/engine.ts', 'node:fs'],
  ['test/unit/any.test.ts', '../../engine/engine.ts'],
])('%s may import %s', (file, specifier) => {
  expect(objection(file, specifier)).toBeNull();
});

test.each([
  ['renderer/app.tsx', '../engine/engine.ts'],
  ['renderer/app.tsx', 'node:fs'],
  ['renderer/app.tsx', 'ws'],
  ['contract/api.ts', '../engine/problem.ts'],
  ['contract/api.ts', 'node:net'],
  ['engine/engine.ts', '../serve/server.ts'],
  ['engine/engine.ts', 'electron'],
  ['electron/main.ts', '../serve/server.ts'],
  ['serve/server.ts', '../cli/main.ts'],
])('%s may not import %s', (file, specifier) => {
  expect(objection(file, specifier)).not.toBeNull();
});

test('files are to be short, to say what they are for, and to name no machine', () => {
  const good = '// What it is for.\nexport {};\n';
  expect(complaints('engine/a.ts', good)).toEqual([]);
  expect(complaints('engine/a.ts', 'export {};\n')).toHaveLength(1);
  expect(complaints('engine/a.ts', good + 'x\n'.repeat(400))).toHaveLength(1);
  const home = ['', 'home', 'someone', 'synscope'].join('/');
  expect(complaints('docs/a.md', `see ${home}`)).toHaveLength(1);
  expect(complaints('docs/a.md', 'see ~/synscope')).toEqual([]);
  expect(complaints('contract/generated/events.ts', 'x\n'.repeat(4000))).toEqual([]);
});
