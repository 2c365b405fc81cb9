// The stacks of one moment as the lines of one column, innermost first: the kernel's part,
// the system call, the program's part. Runs of one library fold into a line. Pure.
import type { Frame, MomentStacks, Stack } from '../../../contract/attempt.ts';
import { plural } from '../../shared/format.ts';
import { shortFunction } from '../../shared/function-name.ts';
import {
  askedText,
  callOf,
  frameModule,
  frameName,
  isOwnFrame,
  stackHeading,
  userStackOf,
} from './stack-text.ts';

export interface NumberedFrame {
  readonly frame: Frame;
  /** Place in its stack, from 0. */
  readonly number: number;
}

export type StackLine =
  | { readonly kind: 'note'; readonly key: string; readonly text: string; readonly tone: NoteTone }
  | { readonly kind: 'boundary'; readonly key: string; readonly text: string }
  | ({ readonly kind: 'frame'; readonly key: string; readonly own: boolean } & NumberedFrame)
  | {
      readonly kind: 'fold';
      readonly key: string;
      /** What is remembered as opened: a short module, or `kernel`. */
      readonly module: string;
      readonly frames: readonly NumberedFrame[];
      readonly open: boolean;
      readonly text: string;
      /** The functions at its ends: where the program went in, and how far. */
      readonly ends: string;
    };

/** `reason`: why something is missing. `hint`: what a person could do. */
export type NoteTone = 'heading' | 'reason' | 'hint';

export interface StackView {
  readonly stacks: MomentStacks;
  /** The moment of the connect, when it is another one. */
  readonly connect: MomentStacks | undefined;
  /** Path of the owner's executable; null when unknown. */
  readonly exe: string | null;
  readonly isOpen: (module: string) => boolean;
}

/** Name under which the kernel's part is remembered. */
export const KERNEL = 'kernel';

const LIBRARY = /\.so(?:[.\d]|$)|^\[vdso\]/;

/** Runs of frames that are of the same library, longer than one frame; others stand alone. */
function runsOf(stack: Stack, exe: string | null): NumberedFrame[][] {
  const runs: NumberedFrame[][] = [];
  let before: string | null = null;
  for (const [number, frame] of stack.frames.entries()) {
    const module = frameModule(frame);
    const foldable = !isOwnFrame(frame, exe) && LIBRARY.test(module);
    if (foldable && module === before) runs.at(-1)?.push({ frame, number });
    else runs.push([{ frame, number }]);
    before = foldable ? module : null;
  }
  return runs;
}

function endsOf(frames: readonly NumberedFrame[]): string {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return '';
  return `${shortFunction(frameName(first.frame))} … ${shortFunction(frameName(last.frame))}`;
}

function foldLines(
  key: string,
  module: string,
  frames: readonly NumberedFrame[],
  view: StackView,
): StackLine[] {
  const open = view.isOpen(module);
  const text = `${module} · ${plural(frames.length, 'frame')}`;
  const fold = { kind: 'fold', key, module, frames, open, text, ends: endsOf(frames) } as const;
  return open ? [fold, ...frameLines(key, frames, view)] : [fold];
}

function frameLines(key: string, frames: readonly NumberedFrame[], { exe }: StackView) {
  return frames.map(({ frame, number }) => {
    const own = isOwnFrame(frame, exe);
    return { kind: 'frame', key: `${key}-${number}`, frame, number, own } as const;
  });
}

function kernelLines(view: StackView): StackLine[] {
  const { kernel } = view.stacks;
  if (kernel === null) return [];
  const frames = kernel.frames.map((frame, number) => ({ frame, number }));
  return foldLines('kernel', KERNEL, frames, view);
}

function note(key: string, text: string, tone: NoteTone = 'reason'): StackLine {
  return { kind: 'note', key, text, tone };
}

/** Why a part is missing; said once when both are, for the same reason. */
function problemLines({ userProblem, kernelProblem }: MomentStacks): StackLine[] {
  if (userProblem !== null && userProblem === kernelProblem) return [note('problem', userProblem)];
  return [
    ...(kernelProblem === null ? [] : [note('kernel-problem', `kernel · ${kernelProblem}`)]),
    ...(userProblem === null ? [] : [note('user-problem', `user · ${userProblem}`)]),
  ];
}

function userLines(stack: Stack, view: StackView): StackLine[] {
  const pending = stack.symbolized ? '' : ' · names are being looked up…';
  const lines: StackLine[] = [note('user', `${stackHeading(stack)}${pending}`, 'heading')];
  if (stack.hint !== null) lines.push(note('hint', stack.hint, 'hint'));
  for (const run of runsOf(stack, view.exe)) {
    const [first] = run;
    if (first === undefined) continue;
    const module = frameModule(first.frame);
    if (run.length === 1) lines.push(...frameLines('user', run, view));
    else lines.push(...foldLines(`user-${first.number}`, module, run, view));
  }
  return lines;
}

/** What stands between the kernel's part and the program's; null when one of them is missing. */
function boundaryOf({ stacks, connect }: StackView): string | null {
  const { stack, isOfConnect } = userStackOf(stacks, connect);
  if (stack === null) return null;
  if (isOfConnect) return 'the stack taken at connect';
  if (stacks.kernel === null) return null;
  const call = callOf(stacks.kernel);
  return `system call${call === null ? '' : ` ${call}`}`;
}

/** All lines of a moment, top to bottom. */
export function stackLines(view: StackView): StackLine[] {
  const boundary = boundaryOf(view);
  const { stack } = userStackOf(view.stacks, view.connect);
  const asked = askedText(view.stacks);
  return [
    ...(asked === null ? [] : [note('asked', asked, 'heading')]),
    ...kernelLines(view),
    ...problemLines(view.stacks),
    ...(boundary === null ? [] : [{ kind: 'boundary', key: 'boundary', text: boundary } as const]),
    ...(stack === null ? [] : userLines(stack, view)),
  ];
}
