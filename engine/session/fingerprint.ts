// What a user stack is known by across runs: the functions of the program itself, without
// addresses. Made by engine/session/writer-stacks.ts when a stack has its names.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { SymbolizedFrame } from '../../contract/addon.ts';

type NamedFrame = Pick<SymbolizedFrame, 'name' | 'module' | 'quality'>;

export interface Fingerprint {
  /** 16 hexadecimal digits. */
  readonly hash: string;
  /** The innermost functions, `connect_db ← main (app)`. */
  readonly text: string;
}

/** Outer frames beyond it are of main loops, which differ by what else a program was doing. */
const FRAMES = 12;
const FRAMES_IN_WORDS = 3;
const NAME_LENGTH = 80;
const NAMELESS = 'unnamed';
/** A C++ name may have thousands of characters. */
const LONGEST_NAME = 500;

/** The C library, its loader and the kernel's page: every program's way into the kernel. */
const SYSTEM_MODULE =
  /^(ld-|ld\.so|ld-musl|libc\.so|libc-|libc\.musl|libpthread|libdl|libresolv|libnss|libanl|\[vdso\]|\[vsyscall\]|linux-vdso)/;

/** The parameters of a C++ function at the end of its name; `main.(*T).Run` of Go has none there. */
const PARAMETERS = /\((?:[^()]|\([^()]*\))*\)(?: const)?$/;
/** V8's way from one function of JavaScript to the next: another one once it was compiled. */
const TRAMPOLINE = /^Builtins_/;

/** Without what a compiler, a linker or a just-in-time tier appends: it changes from build to build, and from call to call. */
function plainName(name: string): string {
  return name
    .slice(0, LONGEST_NAME)
    .replace(/^(?:LazyCompile|Function|Script|Eval|Builtin|JS):/, '')
    .replace(/^[*~^+]/, '')
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/(?:\.(?:constprop|isra|part|cold|lto_priv|llvm|localalias)(?:\.\d+)*)+$/, '')
    .replace(/@@?[\w.]+$/, '')
    .replace(PARAMETERS, '')
    .replace(/^void /, '')
    .trim();
}

/** Code that a program made itself has no file, or a map named after its pid. */
function moduleName({ module, quality }: NamedFrame): string {
  if (quality === 'jit-map' || module === null) return 'jit';
  return basename(module).replace(/ \(deleted\)$/, '');
}

interface OwnFrame {
  readonly name: string;
  readonly module: string;
}

function ownFrames(frames: readonly NamedFrame[]): OwnFrame[] {
  const named = frames.flatMap((frame): OwnFrame[] => {
    if (frame.quality === 'kernel' || frame.name === null) return [];
    if (TRAMPOLINE.test(frame.name)) return [];
    return [{ name: plainName(frame.name), module: moduleName(frame) }];
  });
  const own = named.filter(({ module }) => !SYSTEM_MODULE.test(module));
  const caller = own.length > 0 ? null : callerWithoutName(frames);
  const chosen = caller ? [caller] : own.length > 0 ? own : named;
  // How deep a recursion went says nothing about the place.
  const distinct = chosen.filter((frame, index) => {
    const inner = chosen[index - 1];
    return inner?.name !== frame.name || inner.module !== frame.module;
  });
  return distinct.slice(0, FRAMES);
}

/**
 * The module that called into the C library, of a program without symbols: else all of these would
 * be one. Without the offset, which is another one in each build; and no further out, since such
 * programs mostly have no frame pointers, either.
 */
function callerWithoutName(frames: readonly NamedFrame[]): OwnFrame | null {
  const caller = frames.find(({ name, module, quality }) => {
    const ofProgram = module !== null && !SYSTEM_MODULE.test(basename(module));
    return name === null && ofProgram && quality !== 'kernel';
  });
  return caller ? { name: NAMELESS, module: moduleName(caller) } : null;
}

/** Null when no frame has a name, or a file. */
export function fingerprintOf(frames: readonly NamedFrame[]): Fingerprint | null {
  const own = ownFrames(frames);
  if (own.length === 0) return null;
  const key = own.map(({ module, name }) => `${module}!${name}`).join('\n');
  const names = own.slice(0, FRAMES_IN_WORDS).map(({ name }) => name.slice(0, NAME_LENGTH));
  const more = own.length > FRAMES_IN_WORDS ? ' ← …' : '';
  return {
    hash: createHash('sha256').update(key).digest('hex').slice(0, 16),
    text: `${names.join(' ← ')}${more} (${(own[0]?.module ?? '').slice(0, NAME_LENGTH)})`,
  };
}
