// One line of the stack view: a frame, which opens to everything that is known of it and
// what can be done with it; or a run of one library's frames, which opens to them.
import type { Frame } from '../../../contract/attempt.ts';
import { copyText } from '../../shared/copy.ts';
import { shortFunction } from '../../shared/function-name.ts';
import { showFrame } from '../../store/actions.ts';
import { KERNEL, type StackLine } from './stack-lines.ts';
import { frameModule, frameName, MARK_MEANING, markOf, sourceText } from './stack-text.ts';

interface FoldProps {
  readonly line: Extract<StackLine, { kind: 'fold' }>;
  readonly tabbable: boolean;
  readonly onToggle: () => void;
}

export function FoldLine({ line, tabbable, onToggle }: FoldProps) {
  const { module, open, text, ends } = line;
  return (
    <button
      type="button"
      className="frame fold"
      aria-expanded={open}
      tabIndex={tabbable ? 0 : -1}
      title={`${open ? 'Fold' : 'Show'} the frames of ${module === KERNEL ? 'the kernel' : module}`}
      onClick={onToggle}
    >
      <span className="frame-number" aria-hidden="true">
        {open ? '▾' : '▸'}
      </span>
      <span className="fold-name clip">{text}</span>
      {!open && <span className="frame-module clip">{ends}</span>}
    </button>
  );
}

interface FrameProps {
  readonly frame: Frame;
  readonly number: number;
  readonly own: boolean;
  readonly tabbable: boolean;
  readonly isOpen: boolean;
  readonly onDetails: () => void;
}

export function FrameLine({ frame, number, own, tabbable, isOpen, onDetails }: FrameProps) {
  const mark = markOf(frame);
  const name = frameName(frame);
  const place = [frameModule(frame), sourceText(frame)].filter((part) => part !== '').join(' · ');
  return (
    <>
      <button
        type="button"
        className={`frame ${own ? 'own' : ''}`}
        aria-expanded={isOpen}
        tabIndex={tabbable ? 0 : -1}
        title={frameTitle(frame)}
        onClick={onDetails}
      >
        <span className="frame-number">{number}</span>
        <span className={`frame-name clip ${frame.name === null ? 'dim' : ''}`}>
          {shortFunction(name)}
        </span>
        {frame.inlined === true && <span className="frame-inlined">inlined</span>}
        <span className="frame-module clip">
          {frame.problem !== null && (frame.name === null || place === '') ? frame.problem : place}
        </span>
        <span className={`frame-mark ${mark}`} title={MARK_MEANING[mark]}>
          {mark}
        </span>
      </button>
      {isOpen && <FrameFacts frame={frame} name={name} />}
    </>
  );
}

function frameTitle(frame: Frame): string {
  const name = frameName(frame);
  const source = frame.file ?? null;
  return [
    name.length > 300 ? `${name.slice(0, 300)}…` : name,
    frame.module ?? 'module unknown',
    source === null ? null : `${source}${frame.line == null ? '' : `:${frame.line}`}`,
    frame.problem,
  ]
    .filter((part) => part !== null)
    .join('\n');
}

/** Everything that is known of a frame, by name. */
function factsOf(frame: Frame): (readonly [name: string, value: string])[] {
  const { module, buildId, offset, address, file, line, problem } = frame;
  const isKernel = frame.quality === 'kernel';
  const source = file == null ? null : `${file}${line == null ? '' : `:${line}`}`;
  const inlined =
    frame.inlined === true ? 'put into the function below it by the compiler, no call' : null;
  const at = offset === null ? null : `0x${offset.toString(16)}`;
  const facts: (readonly [string, string | null])[] = [
    ['Function', frame.name ?? 'no name'],
    ['Module', module ?? 'unknown'],
    ['Build-id', buildId],
    [isKernel ? 'Offset in it' : 'Offset in file', at],
    ['Address', address],
    ['Source', source],
    ['Inlined', inlined],
    ['Found', MARK_MEANING[markOf(frame)]],
    ['Problem', problem],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

function FrameFacts({ frame, name }: { readonly frame: Frame; readonly name: string }) {
  const facts = factsOf(frame);
  const asText = () => facts.map((fact) => fact.join(': ')).join('\n');
  return (
    <div className="frame-facts">
      <dl>
        {facts.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="frame-actions">
        <button type="button" className="button small" onClick={() => showFrame(name)}>
          Show all attempts through this frame
        </button>
        <button
          type="button"
          className="button small"
          onClick={() => void copyText(asText(), 'frame')}
        >
          Copy frame
        </button>
      </div>
    </div>
  );
}
