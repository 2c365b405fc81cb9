// The stack view: which moment, then one column of frames, innermost first. Arrow keys go
// from line to line, Enter opens one, c copies the stack. Lines come from stack-lines.ts.
import './stacks.css';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { AttemptDetail, MomentStacks, Stack } from '../../../contract/attempt.ts';
import { copyText } from '../../shared/copy.ts';
import { formatOffset } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { setMoment } from '../../store/actions.ts';
import { toggleModule, useSettings } from '../../store/settings.ts';
import { useWindow } from '../../store/state.ts';
import { AskThread } from './ask-thread.tsx';
import { FoldLine, FrameLine } from './frame-line.tsx';
import { type StackLine, stackLines } from './stack-lines.ts';
import {
  MARK_MEANING,
  marksOf,
  momentIssueText,
  momentKey,
  momentName,
  userStackOf,
} from './stack-text.ts';

/** The moment that is shown: the chosen one, when the attempt has it. */
export function shownMoment(
  stacks: readonly MomentStacks[],
  chosen: string,
): MomentStacks | undefined {
  return stacks.find((each) => momentKey(each) === chosen) ?? stacks[0];
}

export function StackView({ detail }: { readonly detail: AttemptDetail }) {
  const chosen = useWindow((state) => state.moment);
  const shown = shownMoment(detail.stacks, chosen);
  if (shown === undefined) {
    return (
      <>
        <p className="details-note">
          No stack: neither its connect nor its end was seen, and stacks are taken then.
        </p>
        <AskThread key={detail.row.id} row={detail.row} />
      </>
    );
  }
  const connect = detail.stacks.find(({ moment }) => moment === 'connect');
  return (
    <div className="stacks">
      <div className="stack-bar">
        <Moments stacks={detail.stacks} shown={shown} />
        <button
          type="button"
          className="button quiet small"
          title="Copy the stack as text, for an issue (c)"
          onClick={() => copyStack(shown, connect)}
        >
          <Icon name="copy" size={13} /> Copy stack
        </button>
      </div>
      <AskThread key={detail.row.id} row={detail.row} />
      <Column
        key={`${detail.row.id} ${momentKey(shown)}`}
        stacks={shown}
        connect={connect}
        exe={detail.owner?.exe ?? null}
      />
      <Fingerprint stack={userStackOf(shown, connect).stack} />
      <Legend stacks={shown} connect={connect} />
    </div>
  );
}

function copyStack(shown: MomentStacks, connect: MomentStacks | undefined): void {
  void copyText(momentIssueText(shown, connect), 'stack');
}

interface MomentsProps {
  readonly stacks: readonly MomentStacks[];
  readonly shown: MomentStacks;
}

function Moments({ stacks, shown }: MomentsProps) {
  return (
    <div className="moments" role="group" aria-label="The stack is of">
      {stacks.map((each) => (
        <button
          key={momentKey(each)}
          type="button"
          className="button quiet small"
          aria-pressed={each === shown}
          title={`Taken ${formatOffset(each.atMs)} after the begin`}
          onClick={() => setMoment(momentKey(each))}
        >
          {momentName(each)} <span className="dim">{formatOffset(each.atMs)}</span>
        </button>
      ))}
    </div>
  );
}

interface ColumnProps {
  readonly stacks: MomentStacks;
  readonly connect: MomentStacks | undefined;
  readonly exe: string | null;
}

function Column({ stacks, connect, exe }: ColumnProps) {
  const list = useRef<HTMLOListElement>(null);
  const openModules = useSettings((settings) => settings.openModules);
  const [details, setDetails] = useState<string | null>(null);
  const lines = stackLines({
    stacks,
    connect,
    exe,
    isOpen: (module) => openModules.includes(module),
  });
  const hasFrames = lines.some(({ kind }) => kind === 'frame' || kind === 'fold');
  const first = lines.find(({ kind }) => kind === 'frame' || kind === 'fold')?.key;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'c' && (window.getSelection()?.toString() ?? '') === '') {
      copyStack(stacks, connect);
    } else if (event.key === 'Escape' && details !== null) {
      setDetails(null);
    } else if (!moveFocus(list.current, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      {!hasFrames && <p className="stack-none">No stack was taken here:</p>}
      <ol className="frames" ref={list} aria-label="Stack, innermost first" onKeyDown={onKeyDown}>
        {lines.map((line) => (
          <li key={line.key} className={line.kind === 'frame' ? undefined : `stack-${line.kind}`}>
            <Line
              line={line}
              tabbable={line.key === first}
              isOpen={details === line.key}
              onDetails={() => setDetails(details === line.key ? null : line.key)}
            />
          </li>
        ))}
      </ol>
    </>
  );
}

interface LineProps {
  readonly line: StackLine;
  readonly tabbable: boolean;
  readonly isOpen: boolean;
  readonly onDetails: () => void;
}

function Line({ line, tabbable, isOpen, onDetails }: LineProps) {
  switch (line.kind) {
    case 'note':
      return <span className={`stack-text ${line.tone}`}>{line.text}</span>;
    case 'boundary':
      return <span className="stack-text">{line.text}</span>;
    case 'fold':
      return (
        <FoldLine line={line} tabbable={tabbable} onToggle={() => toggleModule(line.module)} />
      );
    case 'frame': {
      const { frame, number, own } = line;
      const props = { frame, number, own, tabbable, isOpen, onDetails };
      return <FrameLine {...props} />;
    }
  }
}

/** One stop for Tab, arrows within. Whether the key is one that moves. */
function moveFocus(list: HTMLElement | null, key: string): boolean {
  const lines = [...(list?.querySelectorAll<HTMLElement>('.frame') ?? [])];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  const targets: Record<string, number> = {
    ArrowDown: Math.min(lines.length - 1, at + 1),
    ArrowUp: Math.max(0, at - 1),
    Home: 0,
    End: lines.length - 1,
  };
  const target = targets[key];
  if (target === undefined || at < 0) return false;
  lines[at]?.setAttribute('tabindex', '-1');
  lines[target]?.setAttribute('tabindex', '0');
  lines[target]?.focus();
  return true;
}

function Fingerprint({ stack }: { readonly stack: Stack | null }) {
  const fingerprint = stack?.fingerprint ?? null;
  if (fingerprint === null) return null;
  return (
    <p
      className="stack-fingerprint"
      title="Of the program’s own functions here, without addresses: the same in every run, and one of the things by which failures are grouped"
    >
      fingerprint <span className="mono">{fingerprint}</span>
    </p>
  );
}

function Legend({ stacks, connect }: { stacks: MomentStacks; connect: MomentStacks | undefined }) {
  const marks = marksOf(stacks.kernel, userStackOf(stacks, connect).stack);
  if (marks.length === 0) return null;
  return (
    <dl className="stack-legend" aria-label="What the marks mean">
      {marks.map((mark) => (
        <div key={mark}>
          <dt>
            <span className={`frame-mark ${mark}`}>{mark}</span>
          </dt>
          <dd>{MARK_MEANING[mark]}</dd>
        </div>
      ))}
    </dl>
  );
}
