// Stacks as text and as marks: what a frame's quality means, whose frames are whose. Pure.
import type { FrameQuality } from '../../../contract/addon.ts';
import type { AttemptDetail, Frame, MomentStacks, Stack } from '../../../contract/attempt.ts';
import { baseName, formatOffset } from '../../shared/format.ts';

/** Short mark of a frame that is less than certain; null for one that needs none. */
export const QUALITY_MARK: Record<FrameQuality, string | null> = {
  kernel: null,
  cfi: null,
  'jit-map': 'jit',
  'frame-pointer': 'fp',
  guess: 'guess',
};

export const QUALITY_MEANING: Record<FrameQuality, string> = {
  kernel: 'from the kernel’s own unwinder',
  cfi: 'from the program’s unwind tables',
  'jit-map': 'named by the runtime’s own map of its compiled code',
  'frame-pointer':
    'found by following frame pointers: callers whose code keeps none are left out, or wrong',
  guess: 'a plausible return address, not certain',
};

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

/** `pool.c:12`, and whether the compiler put the function into its caller; null without debug information. */
export function frameSource({ file, line, inlined }: Frame): string | null {
  if (file === null) return inlined ? 'inlined' : null;
  const place = line === null ? baseName(file) : `${baseName(file)}:${line}`;
  return inlined ? `${place}, inlined` : place;
}

/** Whether a frame is of the program itself, not of a library. */
export function isOwnFrame(frame: Frame, exe: string | null): boolean {
  return exe !== null && frame.module !== null && frame.module === exe;
}

/** `user · by frame pointers · 7 frames`. */
export function stackHeading(stack: Stack): string {
  const how: Record<string, string> = {
    kernel: '',
    'frame-pointer': ' · by frame pointers',
    cfi: ' · unwound by CFI',
  };
  const count = `${stack.frames.length} ${stack.frames.length === 1 ? 'frame' : 'frames'}`;
  return `${stack.kind}${how[stack.unwinder] ?? ` · ${stack.unwinder}`} · ${count}`;
}

/** Qualities in a stack that need a word of explanation. */
export function qualitiesToExplain(stack: Stack | null): FrameQuality[] {
  const seen = new Set(stack?.frames.map((frame) => frame.quality) ?? []);
  return [...seen].filter((quality) => QUALITY_MARK[quality] !== null);
}

export const MOMENT_NAMES = { connect: 'connect', failure: 'failure', close: 'close' } as const;

function framesText(stack: Stack | null, problem: string | null, kind: string): string[] {
  if (stack === null) return problem === null ? [] : [`${kind}: ${problem}`];
  const frames = stack.frames.map((frame, index) => {
    const mark = QUALITY_MARK[frame.quality];
    const source = frameSource(frame);
    const parts = [
      `  ${String(index).padStart(2)} ${frameName(frame)}`,
      frame.module === null ? '' : ` (${frame.module})`,
      source === null ? '' : ` ${source}`,
      mark === null ? '' : ` [${mark}]`,
      frame.problem === null ? '' : ` — ${frame.problem}`,
    ];
    return parts.join('');
  });
  return [stackHeading(stack), ...frames, ...(stack.hint === null ? [] : [`  ${stack.hint}`])];
}

/** The stacks of one moment as text. */
export function momentText(stacks: MomentStacks): string {
  return [
    `Stack at ${MOMENT_NAMES[stacks.moment]} (${formatOffset(stacks.atMs)})`,
    ...framesText(stacks.user, stacks.userProblem, 'user'),
    ...framesText(stacks.kernel, stacks.kernelProblem, 'kernel'),
  ].join('\n');
}

/** The event list as text. */
export function eventsText(detail: AttemptDetail): string {
  return detail.events
    .map((event) => `${formatOffset(event.atMs).padStart(10)}  ${event.text}`)
    .join('\n');
}
