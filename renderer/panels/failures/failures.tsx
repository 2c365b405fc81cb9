// The failures that are the same trouble, one line each: what, towards where, who, how
// often and when. A line leads to its attempts. Comes from store/failure-groups.
import './failures.css';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import type { FailureGroup, FailureGroups } from '../../../contract/groups.ts';
import { copyText } from '../../shared/copy.ts';
import { formatCount, plural } from '../../shared/format.ts';
import { clearNarrowing, openGroup } from '../../store/actions.ts';
import { holdGroups } from '../../store/group-order.ts';
import { narrowedBy, useWindow } from '../../store/state.ts';
import { TableEmpty } from '../table/empty.tsx';
import { moveOf } from '../table/row-window.ts';
import { FailuresEmpty } from './empty.tsx';
import { GroupRow, groupElementId } from './group-row.tsx';
import { groupHeading, groupText } from './group-text.ts';

/** A pointer that does not move for longer has been left lying on the list. */
const POINTER_REST_MS = 10_000;

const COLUMNS: readonly { title: string; description: string; numeric?: boolean }[] = [
  { title: 'Verdict', description: 'Why it failed' },
  { title: 'Error', description: 'errno that the program got' },
  { title: 'Destination', description: 'Address and port that were asked for' },
  { title: 'Programs', description: 'Whom it happened to, and from where in the program' },
  { title: 'Failures', description: 'How many attempts failed this way', numeric: true },
  { title: 'When', description: 'Failures over the time of the session' },
  { title: 'First', description: 'When the first of them began', numeric: true },
  { title: 'Last', description: 'When the last of them began', numeric: true },
];

export function FailuresPanel() {
  const isBare = useWindow((state) => state.hello !== null && state.active === null);
  const groups = useWindow((state) => state.groups);
  if (isBare) return <TableEmpty kind={null} />;
  if (groups === null) return null;
  if (groups.groups.length === 0) return <FailuresEmpty />;
  return <GroupList answer={groups} />;
}

function GroupList({ answer }: { readonly answer: FailureGroups }) {
  const list = useRef<HTMLDivElement>(null);
  const opened = useWindow((state) => state.openedGroup?.id ?? null);
  const freshIds = useWindow((state) => state.freshGroups);
  const [chosen, setChosen] = useState<string | null>(opened);
  const { groups, touched } = useHeldOrder(answer.groups, list, chosen !== null);
  const at = groups.findIndex(({ id }) => id === chosen);

  const onKeyDown = (event: KeyboardEvent): void => {
    const group = groups[at];
    const target = moveOf(event.key, at, groups.length, 10);
    if (target !== null) choose(groups[target]);
    else if (event.key === 'Enter' && group !== undefined) open(group);
    else if (event.key === 'f' && group !== undefined && !event.ctrlKey && !event.metaKey)
      open(group, 'flame');
    else if (event.key === 'c' && group !== undefined && !event.ctrlKey && !event.metaKey)
      void copyText(groupText(group), 'failure group');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (group: FailureGroup | undefined): void => {
    if (group === undefined) return;
    setChosen(group.id);
    document.getElementById(groupElementId(group.id))?.scrollIntoView({ block: 'nearest' });
  };

  return (
    <section className="failures" aria-label="Failures">
      <Summary answer={answer} />
      <div
        id="rows"
        ref={list}
        className="groups"
        role="grid"
        tabIndex={0}
        aria-label="Failure groups"
        aria-rowcount={groups.length + 1}
        aria-activedescendant={at < 0 ? undefined : groupElementId(groups[at]?.id ?? '')}
        onKeyDown={onKeyDown}
        onPointerMove={touched}
      >
        <GroupHead />
        {groups.map((group, index) => (
          <GroupRow
            key={group.id}
            group={group}
            index={index}
            selected={index === at}
            fresh={group.isNew || freshIds.has(group.id)}
            onOpen={open}
          />
        ))}
      </div>
    </section>
  );
}

function GroupHead() {
  return (
    <div className="group-head" role="row" aria-rowindex={1}>
      {COLUMNS.map(({ title, description, numeric }) => (
        <span
          key={title}
          role="columnheader"
          className={`group-cell ${numeric === true ? 'numeric' : ''}`}
          title={description}
        >
          {title}
        </span>
      ))}
    </div>
  );
}

function open(group: FailureGroup, view?: 'connections' | 'flame'): void {
  openGroup(group, groupHeading(group), view);
}

/** While a person is about to click, or has chosen a line, lines stay where they are. */
function useHeldOrder(
  groups: readonly FailureGroup[],
  list: { readonly current: HTMLElement | null },
  isChosen: boolean,
): { groups: readonly FailureGroup[]; touched: (event: PointerEvent) => void } {
  const shown = useRef<readonly FailureGroup[]>(groups);
  const touchedAt = useRef(Number.NEGATIVE_INFINITY);
  const isTouched = performance.now() - touchedAt.current < POINTER_REST_MS;
  const isHeld =
    list.current !== null &&
    ((isTouched && list.current.matches(':hover')) ||
      (isChosen && list.current.matches(':focus-within')));
  const ordered = isHeld ? holdGroups(shown.current, groups) : groups;
  useEffect(() => {
    shown.current = ordered;
  });
  const touched = (event: PointerEvent): void => {
    // Lines that move below a pointer at rest are told as moves of 0.
    if (event.movementX !== 0 || event.movementY !== 0) touchedAt.current = performance.now();
  };
  return { groups: ordered, touched };
}

function Summary({ answer }: { readonly answer: FailureGroups }) {
  const isNarrowed = useWindow((state) => state.groupsNarrowed);
  const by = useWindow((state) => narrowedBy({ ...state, failedOnly: false }));
  const { groups, total, failures } = answer;
  return (
    <p className="failures-summary">
      {plural(failures, 'failure')} in {plural(total, 'group')}
      {total > groups.length && `; the first ${formatCount(groups.length)} are shown`}
      {isNarrowed && (
        <>
          , as {by} {by.includes(' and ') ? 'select' : 'selects'} ·{' '}
          <button type="button" className="link" onClick={clearNarrowing}>
            show the whole session
          </button>
        </>
      )}
      <span className="dim">
        {' '}
        · Enter shows the attempts of a group, f their stacks as a flame graph, c copies it
      </span>
    </p>
  );
}
