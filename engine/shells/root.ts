// Where Synscope's own files are: the checkout, or the folder of an installed program.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder that holds package.json, bpf/ and dist/: the nearest one above this file,
 * which runs as engine/shells/root.ts in a checkout and from dist/node once bundled.
 */
export function repositoryRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}
