// The stacks of one moment: user above kernel, innermost first; how far each frame can
// be trusted is said.
import type { Frame, MomentStacks, Stack } from '../../../contract/attempt.ts';
import {
  frameModule,
  frameName,
  frameSource,
  isOwnFrame,
  QUALITY_MARK,
  QUALITY_MEANING,
  qualitiesToExplain,
  stackHeading,
} from './stack-text.ts';

interface MomentProps {
  readonly stacks: MomentStacks;
  /** Path of the owner's executable: its frames stand out. */
  readonly exe: string | null;
}

export function MomentView({ stacks, exe }: MomentProps) {
  const explained = [
    ...new Set([...qualitiesToExplain(stacks.user), ...qualitiesToExplain(stacks.kernel)]),
  ];
  return (
    <div className="stacks">
      <OneStack kind="user" stack={stacks.user} problem={stacks.userProblem} exe={exe} />
      <OneStack kind="kernel" stack={stacks.kernel} problem={stacks.kernelProblem} exe={exe} />
      {explained.length > 0 && (
        <dl className="stack-legend">
          {explained.map((quality) => (
            <div key={quality}>
              <dt>
                <span className={`frame-mark ${quality}`}>{QUALITY_MARK[quality]}</span>
              </dt>
              <dd>{QUALITY_MEANING[quality]}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

interface OneStackProps {
  readonly kind: 'user' | 'kernel';
  readonly stack: Stack | null;
  readonly problem: string | null;
  readonly exe: string | null;
}

function OneStack({ kind, stack, problem, exe }: OneStackProps) {
  if (stack === null) {
    return problem === null ? null : (
      <div className="stack-note">
        {kind} · {problem}
      </div>
    );
  }
  return (
    <>
      <div className="stack-note">
        {stackHeading(stack)}
        {stack.symbolized ? '' : ' · names are being looked up…'}
      </div>
      {problem !== null && <div className="stack-note">{problem}</div>}
      {stack.hint !== null && <div className="stack-note">{stack.hint}</div>}
      <ol className="frames" aria-label={`${kind} stack`}>
        {numbered(stack.frames).map(({ frame, number }) => (
          <FrameLine key={number} frame={frame} number={number} own={isOwnFrame(frame, exe)} />
        ))}
      </ol>
    </>
  );
}

/** A frame is known by its number: one function can be in a stack more than once. */
function numbered(frames: readonly Frame[]): { frame: Frame; number: number }[] {
  return frames.map((frame, number) => ({ frame, number }));
}

function FrameLine({ frame, number, own }: { frame: Frame; number: number; own: boolean }) {
  const mark = QUALITY_MARK[frame.quality];
  return (
    <li className={`frame ${own ? 'own' : ''}`} title={frameTitle(frame)}>
      <span className="frame-number">{number}</span>
      <span className={`clip ${frame.name === null ? 'dim' : ''}`}>{frameName(frame)}</span>
      {mark !== null && (
        <span className={`frame-mark ${frame.quality}`} title={QUALITY_MEANING[frame.quality]}>
          {mark}
        </span>
      )}
      <span className="frame-module clip">
        {frame.name === null && frame.problem !== null
          ? frame.problem
          : (frameSource(frame) ?? frameModule(frame))}
      </span>
    </li>
  );
}

function frameTitle(frame: Frame): string {
  const offset = frame.offset === null ? '' : ` + 0x${frame.offset.toString(16)}`;
  return [
    frameName(frame),
    `${frame.module ?? 'module unknown'}${offset}`,
    frame.file === null ? null : `${frame.file}${frame.line === null ? '' : `:${frame.line}`}`,
    frame.inlined ? 'inlined into the next frame' : null,
    frame.address,
    frame.buildId === null ? null : `build-id ${frame.buildId}`,
    QUALITY_MEANING[frame.quality],
    frame.problem,
  ]
    .filter((part) => part !== null)
    .join('\n');
}
