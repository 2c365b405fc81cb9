// One failure group as one line.
import { memo } from 'react';
import type { FailureGroup } from '../../../contract/groups.ts';
import { copyText } from '../../shared/copy.ts';
import { formatClock, formatCount, formatMoment } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { verdictTitle } from '../../shared/verdict.ts';
import {
  destinationText,
  groupSentence,
  groupText,
  groupTitle,
  processesText,
  processesTitle,
  sparklinePath,
} from './group-text.ts';

const SPARK = { width: 96, height: 18 } as const;

interface GroupRowProps {
  readonly group: FailureGroup;
  readonly index: number;
  readonly selected: boolean;
  /** Came while nobody looked, or within the last minute. */
  readonly fresh: boolean;
  readonly onOpen: (group: FailureGroup, view?: 'connections' | 'flame') => void;
}

export const GroupRow = memo(function GroupRow(props: GroupRowProps) {
  const { group, index, selected, fresh, onOpen } = props;
  const { verdict, error, stack, fingerprint, count, firstAt, lastAt } = group;
  const known = fingerprint === null ? '' : `\nfingerprint ${fingerprint}`;
  const doubt = verdict?.confidence === 'possible' ? ' doubt' : '';
  return (
    <div
      id={groupElementId(group.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-label={`${fresh ? 'New: ' : ''}${groupSentence(group)}`}
      className={`group ${fresh ? 'fresh' : ''}`}
      onClick={() => onOpen(group)}
    >
      <span role="gridcell" className="group-cell">
        <span
          className={`badge red${doubt}`}
          title={verdict === null ? undefined : verdictTitle(verdict)}
        >
          {groupTitle(group)}
        </span>
        {fresh && (
          <span
            className="group-new"
            title="First seen in the last minute, or while you looked elsewhere"
          >
            new
          </span>
        )}
      </span>
      <span role="gridcell" className="group-cell" title={error ?? 'no errno was reported'}>
        {error ?? <span className="dim">—</span>}
      </span>
      <span role="gridcell" className="group-cell" title={destinationText(group)}>
        {destinationText(group)}
      </span>
      <span
        role="gridcell"
        className="group-cell"
        title={`${processesTitle(group)}${stack === null ? '' : `\n\nCalled from ${stack}${known}`}`}
      >
        {processesText(group)} <span className="dim mono">{stack}</span>
      </span>
      <span role="gridcell" className="group-cell numeric group-count">
        {formatCount(count)}
      </span>
      <span role="gridcell" className="group-cell">
        <Sparkline counts={group.sparkline} />
      </span>
      <span role="gridcell" className="group-cell numeric second" title={formatMoment(firstAt)}>
        {formatClock(firstAt)}
      </span>
      <span role="gridcell" className="group-cell numeric second" title={formatMoment(lastAt)}>
        {formatClock(lastAt)}
      </span>
      <span role="gridcell" className="group-copy">
        <button
          type="button"
          className="button icon quiet small"
          title="Flame graph of its stacks (f)"
          aria-label="Flame graph of its stacks"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(group, 'flame');
          }}
        >
          <Icon name="flame" size={13} />
        </button>
        <button
          type="button"
          className="button icon quiet small"
          title="Copy the group as text (c)"
          aria-label="Copy the group as text"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            void copyText(groupText(group), 'failure group');
          }}
        >
          <Icon name="copy" size={13} />
        </button>
      </span>
    </div>
  );
}, isSameGroup);

/** The engine answers with new objects each time; most say the same. */
function isSameGroup(a: GroupRowProps, b: GroupRowProps): boolean {
  const isSameLine = a.index === b.index && a.selected === b.selected && a.fresh === b.fresh;
  return isSameLine && JSON.stringify(a.group) === JSON.stringify(b.group);
}

function Sparkline({ counts }: { readonly counts: readonly number[] }) {
  const { width, height } = SPARK;
  return (
    <svg className="sparkline" width={width} height={height} aria-hidden="true">
      <path d={sparklinePath(counts, width, height)} />
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
    </svg>
  );
}

export function groupElementId(id: string): string {
  return `group-${id}`;
}
