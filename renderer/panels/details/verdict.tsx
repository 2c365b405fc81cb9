// Why the attempt failed, or what troubled it: the cause, how sure, each claim with a chip that leads to the
// event that proves it, and what to do next. Comes from engine/diagnosis/ with the details.
import './verdict.css';
import type { AttemptDetail } from '../../../contract/attempt.ts';
import type { Verdict, VerdictBadge } from '../../../contract/verdict.ts';
import { copyText } from '../../shared/copy.ts';
import { formatOffset } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { sureness, surenessDots, verdictFilter } from '../../shared/verdict.ts';
import { setFilter, showEvent } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';
import {
  chipText,
  type ProvedClaim,
  proseParts,
  provedClaims,
  verdictText,
} from './verdict-text.ts';

interface VerdictProps {
  readonly detail: AttemptDetail;
  readonly verdict: Verdict;
}

export function VerdictView({ detail, verdict }: VerdictProps) {
  const claims = provedClaims(verdict, detail.events);
  return (
    <section className="verdict" aria-label="Verdict">
      <p className="verdict-sentence">
        <Prose text={verdict.sentence} />
      </p>
      <div className="verdict-line">
        <Sureness verdict={verdict} />
        <Actions detail={detail} verdict={verdict} />
      </div>
      {claims.length > 0 && (
        <ul className="verdict-claims" aria-label="Because">
          {claims.map((claim) => (
            <Claim key={claim.text} claim={claim} />
          ))}
        </ul>
      )}
      {(verdict.next.length > 0 || verdict.command !== null) && (
        <div className="verdict-next">
          <h3>Check next</h3>
          <Steps steps={verdict.next} />
          {verdict.command !== null && <Command command={verdict.command} />}
        </div>
      )}
    </section>
  );
}

function Prose({ text }: { readonly text: string }) {
  return proseParts(text).map(({ text: part, code, place }) =>
    code ? <code key={place}>{part}</code> : part,
  );
}

function Sureness({ verdict }: { readonly verdict: VerdictBadge }) {
  const { word, meaning } = sureness(verdict);
  return (
    <p className="verdict-sure">
      <SurenessDots verdict={verdict} />
      <b>{word}</b>: {meaning}
    </p>
  );
}

/** Three dots, as many filled as the verdict is sure. What they mean is said beside them. */
function SurenessDots({ verdict }: { readonly verdict: VerdictBadge }) {
  const filled = surenessDots(verdict);
  return (
    <svg className="verdict-dots" width="26" height="8" viewBox="0 0 26 8" aria-hidden="true">
      {[1, 2, 3].map((place) => (
        <circle
          key={place}
          className={place <= filled ? 'filled' : ''}
          cx={place * 9 - 5}
          cy="4"
          r="3"
        />
      ))}
    </svg>
  );
}

function Actions({ detail, verdict }: VerdictProps) {
  return (
    <span className="verdict-actions">
      <button
        type="button"
        className="button quiet small"
        title={`Show only attempts with the verdict “${verdict.title}”`}
        onClick={() => setFilter(verdictFilter(verdict))}
      >
        Show alike
      </button>
      <button
        type="button"
        className="button icon quiet small"
        title="Copy the verdict as text"
        aria-label="Copy the verdict as text"
        onClick={() => void copyText(verdictText(detail, verdict), 'verdict')}
      >
        <Icon name="copy" size={14} />
      </button>
    </span>
  );
}

function Claim({ claim: { text, proof } }: { readonly claim: ProvedClaim }) {
  const marked = useWindow((state) => state.markedEvent);
  return (
    <li>
      <Prose text={text} />{' '}
      {proof === 'unlisted' && (
        <span
          className="chip plain"
          title="The event is in the session file; the list below ends before it"
        >
          recorded
        </span>
      )}
      {proof !== null && proof !== 'unlisted' && (
        <button
          type="button"
          className="chip"
          aria-current={proof.mark.event.id === marked ? 'true' : undefined}
          title={`${formatOffset(proof.mark.event.atMs)} ${proof.mark.event.text}. Click to see it among the events.`}
          onClick={() => showEvent(proof.mark.event.id)}
        >
          {chipText(proof.mark)}
        </button>
      )}
    </li>
  );
}

function Steps({ steps }: { readonly steps: readonly string[] }) {
  const [only] = steps;
  if (only !== undefined && steps.length === 1)
    return (
      <p>
        <Prose text={only} />
      </p>
    );
  if (only === undefined) return null;
  return (
    <ol>
      {steps.map((step) => (
        <li key={step}>
          <Prose text={step} />
        </li>
      ))}
    </ol>
  );
}

function Command({ command }: { readonly command: string }) {
  return (
    <div className="verdict-command">
      <code>{command}</code>
      <button
        type="button"
        className="button quiet small"
        title="Copy the command; Synscope never runs it"
        onClick={() => void copyText(command, 'command')}
      >
        <Icon name="copy" size={13} /> Copy
      </button>
    </div>
  );
}
