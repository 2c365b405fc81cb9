// What a person could switch on to see more names in a stack: told by the runtime whose
// frames have none. From the frames of a stack (attempt-detail.ts) to one sentence.
import { basename } from 'node:path';
import type { Frame } from '../../contract/attempt.ts';

type HintFrame = Pick<Frame, 'name' | 'module' | 'quality' | 'problem'>;

interface Runtime {
  /** File name of the executable or library that runs such code. */
  readonly module: RegExp;
  readonly language: string;
  readonly fix: string;
}

/** Runtimes that compile while they run, and write down what they compiled only when asked. */
const COMPILING: readonly Runtime[] = [
  {
    module: /^libjvm\.so/,
    language: 'Java',
    fix: 'start java with -XX:+PreserveFramePointer, and run "jcmd PID Compiler.perfmap" (JDK 17 and later) before the connection is made',
  },
  {
    module: /^(node|nodejs|libnode\.so.*)$/,
    language: 'JavaScript',
    fix: 'start node with --perf-basic-prof --interpreted-frames-native-stack',
  },
  {
    module: /^(python|libpython)3/,
    language: 'Python',
    fix: 'start python3 with -X perf, or with PYTHONPERFSUPPORT=1',
  },
];
const PYTHON = /^(?:lib)?python3\.(\d+)/;
/** The first version that can tell which of its functions a frame runs. */
const PYTHON_WITH_MAPS = 12;
const RANGES = 3;
/** V8 runs every function that it has not compiled from within this one. */
const INTERPRETING = /^Builtins_(InterpreterEntryTrampoline|BaselineOutOfLinePrologue)/;

/** `3–9, 12` of ascending numbers. */
function ranges(numbers: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  const texts = found.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return texts.length > RANGES ? `${texts.slice(0, RANGES).join(', ')}, …` : texts.join(', ');
}

function frameWords(numbers: readonly number[]): string {
  return numbers.length === 1 ? `Frame ${ranges(numbers)} is` : `Frames ${ranges(numbers)} are`;
}

function fileName({ module }: HintFrame): string {
  return module === null ? '' : basename(module).replace(/ \(deleted\)$/, '');
}

/** Compiled while running by a runtime that writes no map (native/src/symbolizer.cc). */
function isUnnamedCode({ name, module, problem }: HintFrame): boolean {
  if (name !== null && INTERPRETING.test(name)) return true;
  return name === null && module === '[jit]' && !problem?.includes('map of its runtime');
}

/** Java's own name for whatever it has not compiled. */
function interpretedJavaHint(frames: readonly HintFrame[]): string | null {
  const numbers = frames.flatMap(({ name, quality }, number) => {
    return quality === 'jit-map' && name === 'Interpreter' ? [number] : [];
  });
  if (numbers.length === 0) return null;
  return `${frameWords(numbers)} Java that is interpreted: only compiled functions have names (java -Xcomp compiles each at its first call).`;
}

function pythonHint(frames: readonly HintFrame[]): string | null {
  if (frames.some(({ quality }) => quality === 'jit-map')) return null;
  const numbers = frames.flatMap((frame, number) => (PYTHON.test(fileName(frame)) ? [number] : []));
  const versions = numbers.map((number) => PYTHON.exec(fileName(frames[number] as HintFrame))?.[1]);
  const minor = versions[0];
  if (minor === undefined) return null;
  const what = `${frameWords(numbers)} of the Python interpreter`;
  return Number(minor) >= PYTHON_WITH_MAPS
    ? `${what}: to see the Python functions, start python3 with -X perf, or with PYTHONPERFSUPPORT=1.`
    : `${what}: Python 3.${minor} cannot tell which functions they run; Python 3.${PYTHON_WITH_MAPS} and later can (-X perf).`;
}

/** Of a kernel stack: what hides its names, if anything does (native/src/kernel_symbols.cc). */
function kernelHint(frames: readonly HintFrame[]): string | null {
  if (!frames.some(({ problem }) => problem?.includes('kptr_restrict'))) return null;
  return 'The kernel hides its addresses: sudo sysctl kernel.kptr_restrict=1, and run Synscope as root or with CAP_SYSLOG.';
}

/** One sentence, or null when every name that could be had is there. Numbers are indexes of `frames`. */
export function stackHint(frames: readonly HintFrame[]): string | null {
  if (frames.some(({ quality }) => quality === 'kernel')) return kernelHint(frames);
  const unnamed = frames.flatMap((frame, number) => (isUnnamedCode(frame) ? [number] : []));
  const runtime = COMPILING.find(({ module }) =>
    frames.some((frame) => module.test(fileName(frame))),
  );
  if (unnamed.length === 0) return interpretedJavaHint(frames) ?? pythonHint(frames);
  // A map was there: the runtime has been asked already.
  if (frames.some(({ quality }) => quality === 'jit-map')) return null;
  if (runtime === undefined) {
    return `${frameWords(unnamed)} code that the program made itself: only its own map (/tmp/perf-PID.map) could name it.`;
  }
  return `${frameWords(unnamed)} ${runtime.language}: to see the functions, ${runtime.fix}.`;
}
