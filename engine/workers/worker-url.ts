// Where the code of a worker is: beside this file in the source tree, or beside the bundle
// in dist/node, under the name that vite.config.ts gives it.

/** URL for `new Worker`, from source or from a bundle. */
export function workerUrl(role: 'writer' | 'reader'): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL(`./${role}.ts`, here);
  // A bundle may have put this module into a chunk in a folder of its own.
  const base = here.includes('/chunks/') ? '../' : './';
  return new URL(`${base}${role}-worker.js`, here);
}
