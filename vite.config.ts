// How the source becomes what runs: `vite build` makes the page (dist/renderer),
// `--mode node` the programs of an installed Synscope (dist/node), `--mode preload`
// Electron's preload, which its sandbox wants as one CommonJS file. In the checkout
// only the page is built: Node runs the rest as it is written.
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'vite';

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function page(): UserConfig {
  return {
    root: fromRoot('renderer'),
    base: './',
    plugins: [react()],
    build: {
      outDir: fromRoot('dist/renderer'),
      emptyOutDir: true,
      target: 'chrome120',
      // No data: URLs: the content security policy allows files of the same origin only.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1200,
    },
  };
}

/** Programs by the name they have in dist/node. Workers are found there by that name. */
const PROGRAMS = {
  synscope: fromRoot('cli/main.ts'),
  installed: fromRoot('scripts/launch/installed.mjs'),
  'electron-main': fromRoot('electron/entry.ts'),
  'writer-worker': fromRoot('engine/workers/writer.ts'),
  'reader-worker': fromRoot('engine/workers/reader.ts'),
};

function programs(): UserConfig {
  return {
    build: {
      ssr: true,
      outDir: fromRoot('dist/node'),
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: PROGRAMS,
        external: ['electron', /^node:/, ...builtinModules],
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
    ssr: { noExternal: true },
  };
}

function preload(): UserConfig {
  return {
    build: {
      ssr: true,
      outDir: fromRoot('dist/node'),
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: { preload: fromRoot('electron/preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
    ssr: { noExternal: true },
  };
}

export default defineConfig(({ mode }) => {
  if (mode === 'node') return programs();
  if (mode === 'preload') return preload();
  return page();
});
