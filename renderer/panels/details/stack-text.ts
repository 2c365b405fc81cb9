// Frames as text: what each is called, how far it can be trusted, and how a stack reads in
// a ticket. Pure; how frames fold into lines is in stack-lines.ts.
import type {
  AttemptDetail,
  Frame,
  MomentStacks,
  Stack,
  StackMoment,
} from '../../../contract/attempt.ts';
import { baseName, formatOffset } from '../../shared/format.ts';

/** How a frame was found; `none`: nothing but its address is known. */
export type QualityMark = 'kernel' | 'cfi' | 'jit' | 'fp' | 'guess' | 'none';

const MARKS: Readonly<Record<string, QualityMark>> = {
  kernel: 'kernel',
  cfi: 'cfi',
  'jit-map': 'jit',
  'frame-pointer': 'fp',
  guess: 'guess',
};

export const MARK_MEANING: Record<QualityMark, string> = {
  kernel: 'from the kernel’s own unwinder',
  cfi: 'from the program’s unwind tables: exact',
  jit: 'named by the runtime’s own map of its compiled code',
  fp: 'found by following frame pointers: callers whose code keeps none are left out, or wrong',
  guess: 'a plausible return address, not certain',
  none: 'nothing but the address is known',
};

export function markOf(frame: Frame): QualityMark {
  if (frame.name === null && frame.module === null) return 'none';
  return MARKS[frame.quality] ?? 'guess';
}

/** Name to show: the function, or the place in its file, or the bare address. */
export function frameName(frame: Frame): string {
  if (frame.name !== null) return frame.name;
  if (frame.module === null || frame.offset === null) return frame.address;
  return `${baseName(frame.module)}+0x${frame.offset.toString(16)}`;
}

/** Short module: `libc.so.6` for a path. */
export function frameModule(frame: Frame): string {
  return frame.module === null ? '' : baseName(frame.module);
}

/** `fe-connect.c:2915`; '' when the source is not known. */
export function sourceText({ file, line }: Frame): string {
  if (file === null) return '';
  return line === null ? baseName(file) : `${baseName(file)}:${line}`;
}

/** Whether a frame is of the program itself, or of code that it made while it ran. */
export function isOwnFrame(frame: Frame, exe: string | null): boolean {
  if (frame.quality === 'jit-map') return true;
  return exe !== null && frame.module !== null && frame.module === exe;
}

/** `user · unwound by CFI · 7 frames`. */
export function stackHeading(stack: Stack): string {
  const how: Record<string, string> = {
    kernel: '',
    'frame-pointer': ' · by frame pointers',
    cfi: ' · unwound by CFI',
  };
  const count = `${stack.frames.length} ${stack.frames.length === 1 ? 'frame' : 'frames'}`;
  return `${stack.kind}${how[stack.unwinder] ?? ` · ${stack.unwinder}`} · ${count}`;
}

/** Marks of a stack, in the order of their certainty. */
export function marksOf(...stacks: readonly (Stack | null)[]): QualityMark[] {
  const seen = new Set(stacks.flatMap((stack) => stack?.frames.map(markOf) ?? []));
  return (Object.keys(MARK_MEANING) as QualityMark[]).filter((mark) => seen.has(mark));
}

/** What tells the moments of an attempt apart; a thread may be asked more than once. */
export function momentKey({ moment, asked }: MomentStacks): string {
  return asked === undefined ? moment : askedKey(asked.event);
}

export function askedKey(event: number): string {
  return `asked ${event}`;
}

/** `at connect`, `asked`. */
export function momentName({ moment }: MomentStacks): string {
  return moment === 'asked' ? moment : `at ${moment}`;
}

/** `asked at 12.3 s; thread 1234 was in connect`; null of the other moments. */
export function askedText({ asked, atMs }: MomentStacks): string | null {
  return asked === undefined ? null : `asked at ${formatOffset(atMs)}; ${asked.text}`;
}

/** The call that a kernel stack came from, out of its outermost functions: `connect(2)`. */
export function callOf(kernel: Stack | null): string | null {
  for (const { name } of kernel?.frames ?? []) {
    const call = /^__(?:x64|ia32|arm64|se|do)?_?sys_(\w+)$/.exec(name ?? '')?.[1];
    if (call !== undefined) return `${call}(2)`;
  }
  return null;
}

/** Of these the stack of the connect cannot stand for one that is missing. */
const OWN_OR_NONE: ReadonlySet<StackMoment> = new Set(['connect', 'asked']);

/** The user stack to show at a moment: its own, or the one of the connect when it has none. */
export function userStackOf(
  stacks: MomentStacks,
  connect: MomentStacks | undefined,
): { readonly stack: Stack | null; readonly isOfConnect: boolean } {
  const isOfConnect = stacks.user === null && !OWN_OR_NONE.has(stacks.moment);
  if (!isOfConnect) return { stack: stacks.user, isOfConnect: false };
  const stack = connect?.user ?? null;
  return { stack, isOfConnect: stack !== null };
}

/** `#1 do_connect (psql+0x1f3c0) command.c:3461`. A kernel offset is one from the function. */
function frameText(frame: Frame, number: number): string {
  const offset = frame.offset === null ? '' : `+0x${frame.offset.toString(16)}`;
  const isKernel = frame.quality === 'kernel';
  const module = frameModule(frame);
  const place = isKernel ? module : `${module}${offset}`;
  const mark = markOf(frame);
  return [
    `#${number}`.padEnd(3),
    ` ${frame.name ?? frame.address}${isKernel && frame.name !== null ? offset : ''}`,
    module === '' ? '' : ` (${place})`,
    sourceText(frame) === '' ? '' : ` ${sourceText(frame)}`,
    frame.inlined ? ' [inlined]' : '',
    mark === 'cfi' || mark === 'kernel' || mark === 'none' ? '' : ` [${mark}]`,
    frame.problem === null ? '' : ` — ${frame.problem}`,
  ].join('');
}

function stackText(stack: Stack | null, problem: string | null, kind: string): string[] {
  if (stack === null) return problem === null ? [] : [`${kind}: ${problem}`];
  const { fingerprint } = stack;
  const known = fingerprint === null ? [] : [`fingerprint ${fingerprint}`];
  return [stackHeading(stack), ...stack.frames.map(frameText), ...known];
}

/** Files of the program, by which somebody else can look names up. */
function modulesText(stack: Stack | null): string[] {
  const modules = new Map<string, string | null>();
  for (const { module, buildId } of stack?.frames ?? []) {
    if (module?.startsWith('/') === true) modules.set(module, buildId);
  }
  return [...modules].map(([module, buildId]) =>
    buildId === null ? module : `${module} build-id ${buildId}`,
  );
}

/** The stacks of one moment as text, innermost first, the kernel’s part before the program’s. */
export function momentText(stacks: MomentStacks, connect?: MomentStacks): string {
  const { stack, isOfConnect } = userStackOf(stacks, connect);
  const call = callOf(stacks.kernel);
  return [
    `Stack ${askedText(stacks) ?? `${momentName(stacks)} (${formatOffset(stacks.atMs)})`}`,
    ...stackText(stacks.kernel, stacks.kernelProblem, 'kernel'),
    stacks.kernel === null ? '' : `--- system call${call === null ? '' : ` ${call}`} ---`,
    ...(isOfConnect ? [`user: ${stacks.userProblem ?? 'none'}`, 'taken at connect:'] : []),
    ...stackText(stack, isOfConnect ? null : stacks.userProblem, 'user'),
    ...modulesText(stack),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** The same to be pasted into an issue: fenced, since `#1` would be read as a number of one. */
export function momentIssueText(stacks: MomentStacks, connect?: MomentStacks): string {
  return `\`\`\`\n${momentText(stacks, connect).replaceAll('```', "'''")}\n\`\`\``;
}

/** The event list as text. */
export function eventsText(detail: AttemptDetail): string {
  return detail.events
    .map((event) => `${formatOffset(event.atMs).padStart(10)}  ${event.text}`)
    .join('\n');
}
