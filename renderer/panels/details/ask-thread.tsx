// "Ask for its stack now", of a connection that is being made: the thread that waits for it is
// looked at as it stands, and is not disturbed. What it told is a moment of stacks.tsx.
import { useState } from 'react';
import type { ApiError } from '../../../contract/api.ts';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { Icon } from '../../shared/icons.tsx';
import { askThread, setMoment } from '../../store/actions.ts';
import { activeStatus, useWindow } from '../../store/state.ts';
import { askedKey } from './stack-text.ts';

export function AskThread({ row }: { readonly row: AttemptRow }) {
  const isLive = useWindow((state) => activeStatus(state)?.kind === 'live');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError | null>(null);
  if (!isLive || row.outcome !== 'connecting' || row.direction !== 'outgoing') return null;
  const ask = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    const answer = await askThread(row.id);
    setBusy(false);
    if ('event' in answer) setMoment(askedKey(answer.event));
    else setProblem(answer);
  };
  return (
    <div className="ask-thread">
      {/* Not disabled while it is busy: that would take the focus away. */}
      <button
        type="button"
        className="button small"
        aria-disabled={isBusy}
        title="Where the thread that connects stands now. It goes on undisturbed."
        onClick={() => void ask()}
      >
        <Icon name="flame" size={13} /> {isBusy ? 'Asking…' : 'Ask for its stack now'}
      </button>
      {problem !== null && (
        <p role="alert">
          {problem.sentence} {problem.fix}
        </p>
      )}
    </div>
  );
}
