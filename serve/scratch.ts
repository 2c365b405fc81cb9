// The server's own folder in the state directory: what pages uploaded to open, and what
// was prepared for them to download. Gone when the server ends, or at the next start.
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../contract/units.ts';
import { Problem } from '../engine/problem.ts';
import { stateDirectory } from '../engine/state-directory.ts';

const PREFIX = 'pages-';
/** Left on the disk whatever a page uploads. */
const SPARE_BYTES: Bytes = 256 * 1024 * 1024;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes what servers that were killed have left. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^pages-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

/** A name that a file can have, close to the one that a page gave. */
export function fileName(given: string, fallback: string): string {
  // biome-ignore format: one range each
  const name = basename(given.replaceAll('\\', '/')).replaceAll(/[\u0000-\u001f\u007f/]/g, '').slice(0, 120);
  return name === '' || name === '.' || name === '..' ? fallback : name;
}

export class Scratch {
  private readonly folder: string;

  constructor() {
    const parent = stateDirectory();
    sweep(parent);
    this.folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  }

  /** A path of this name in a folder of its own, so that names never meet. */
  place(name: string): string {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    return join(mkdtempSync(join(this.folder, 'f-')), name);
  }

  /** Removes a file and the folder that `place` made for it. Does nothing to files elsewhere. */
  remove(path: string): void {
    if (path.startsWith(`${this.folder}/`)) {
      rmSync(join(path, '..'), { recursive: true, force: true });
    }
  }

  /** Stores a stream as a file; at most what the disk can spare. The path is removed if it fails. */
  async store(source: AsyncIterable<Buffer>, name: string, limit: Bytes): Promise<string> {
    const path = this.place(name);
    const disk = statfsSync(this.folder);
    const most = Math.min(limit, disk.bavail * disk.bsize - SPARE_BYTES);
    let size = 0;
    const measured = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > most)
          throw new Problem(
            'too-large',
            `The file is larger than the ${Math.floor(Math.max(0, most) / 1e6)} MB that can be taken here.`,
            'Open it with `synscope open FILE` instead.',
          );
        yield chunk;
      }
    };
    try {
      await pipeline(measured, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      return path;
    } catch (error) {
      this.remove(path);
      throw error;
    }
  }

  /** Removes everything. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
