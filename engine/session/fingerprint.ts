// What a user stack is known by across runs: the functions of the program itself, without
// addresses. Made by engine/session/writer-stacks.ts when a stack has its names.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { SymbolizedFrame } from '../../contract/addon.ts';

type NamedFrame = Pick<SymbolizedFrame, 'name' | 'module' | 'quality'> &
  Partial<Pick<SymbolizedFrame, 'buildId' | 'offset' | 'file' | 'inlined'>>;

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
/** So that the place in it is never cut off. */
const MODULE_LENGTH = 60;
/** Hexadecimal digits of a build-id that tell one from another. */
const BUILD_ID = 16;
/** A C++ name may have thousands of characters. */
const LONGEST_NAME = 500;

/** The C library, its loader and the kernel's page: every program's way into the kernel. */
const SYSTEM_MODULE =
  /^(ld-|ld\.so|ld-musl|libc\.so|libc-|libc\.musl|libpthread|libdl|libresolv|libnss|libanl|\[vdso\]|\[vsyscall\]|linux-vdso)/;

/** The parameters of a C++ function at the end of its name; `main.(*T).Run` of Go has none there. */
const PARAMETERS = /\((?:[^()]|\([^()]*\))*\)(?: const)?$/;
/** V8's way from one function of JavaScript to the next: another one once it was compiled. */
const TRAMPOLINE = /^Builtins_/;
/** Where a program or a thread begins: nothing outward of it is the program's own. */
const OUTERMOST =
  /^(__libc_start_call_main|__libc_start_main(_impl)?|start_thread|clone3?|_start)$/;

/** Without what a compiler, a linker or a just-in-time tier appends: it changes from build to build, and from call to call. */
function plainName(name: string): string {
  return name
    .slice(0, LONGEST_NAME)
    .replace(/^(?:LazyCompile|Function|Script|Eval|Builtin|JS):/, '')
    .replace(/^[*~^+]/, '')
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/(?: \[clone [^\]]*\])+$/, '')
    .replace(
      /(?:\.(?:constprop|isra|part|cold|lto_priv|llvm|localalias|abi0|abiinternal)(?:\.\d+)*)+$/,
      '',
    )
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
  /** What it is known by. */
  readonly name: string;
  /** What it is called: a place is that of the module, whose build-id says nothing to people. */
  readonly label: string;
  readonly module: string;
}

/** Without debug information a frame is known by its place in the file, which no run changes. */
function placeName({ buildId, offset }: NamedFrame): string | null {
  const known = typeof buildId === 'string' && typeof offset === 'number';
  return known ? `${buildId.slice(0, BUILD_ID)}+0x${offset.toString(16)}` : null;
}

/** As the window has it in its stacks. */
function placeLabel({ offset }: NamedFrame, module: string): string {
  return `${module.slice(0, MODULE_LENGTH)}+0x${offset?.toString(16) ?? ''}`;
}

/** Of the frames that the compiler inlined nothing is said: whether they are known depends on the machine. */
function ownFrame(frame: NamedFrame): OwnFrame | null {
  const { name, quality, file, inlined } = frame;
  if (quality === 'kernel' || inlined) return null;
  const own = name === null ? placeName(frame) : plainName(name);
  if (own === null || (name !== null && TRAMPOLINE.test(name))) return null;
  // Functions of different files have one name in JavaScript and Python.
  const source = quality === 'jit-map' && file ? ` ${file}` : '';
  const module = moduleName(frame);
  const label = name === null ? placeLabel(frame, module) : own;
  return { name: own, label, module: `${module}${source}` };
}

function ownFrames(frames: readonly NamedFrame[]): OwnFrame[] {
  const outermost = frames.findIndex(({ name }) => name !== null && OUTERMOST.test(name));
  const inner = outermost > 0 ? frames.slice(0, outermost) : frames;
  const named = inner.map(ownFrame).filter((frame) => frame !== null);
  const own = named.filter(({ module }) => !SYSTEM_MODULE.test(module));
  const chosen = own.length > 0 ? own : named;
  // How deep a recursion went says nothing about the place.
  const distinct = chosen.filter((frame, index) => {
    const inner = chosen[index - 1];
    return inner?.name !== frame.name || inner.module !== frame.module;
  });
  return distinct.slice(0, FRAMES);
}

/** Null when no frame has a name or a place in a file. */
export function fingerprintOf(frames: readonly NamedFrame[]): Fingerprint | null {
  const own = ownFrames(frames);
  if (own.length === 0) return null;
  const key = own.map(({ module, name }) => `${module}!${name}`).join('\n');
  const names = own.slice(0, FRAMES_IN_WORDS).map(({ label }) => label.slice(0, NAME_LENGTH));
  const more = own.length > FRAMES_IN_WORDS ? ' ← …' : '';
  return {
    hash: createHash('sha256').update(key).digest('hex').slice(0, 16),
    text: `${names.join(' ← ')}${more} (${(own[0]?.module ?? '').slice(0, NAME_LENGTH)})`,
  };
}
