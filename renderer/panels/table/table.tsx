// The connection table: the rows on the screen, asked for as it scrolls (store/feed).
// Moving through it is in use-row-moves, its columns in columns.
import './table.css';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { formatCount } from '../../shared/format.ts';
import { useSize } from '../../shared/use-size.ts';
import { selectRow } from '../../store/actions.ts';
import {
  emptiness,
  followNewest,
  holdForPointer,
  holdRows,
  releaseRows,
  showRows,
} from '../../store/feed.ts';
import { rowAt } from '../../store/rows.ts';
import { useWindow } from '../../store/state.ts';
import { columnOf } from './columns.tsx';
import { TableEmpty } from './empty.tsx';
import { TableHead } from './header.tsx';
import { LoadingRow, rowElementId, TableRow } from './row.tsx';
import { contentHeight, ROW_HEIGHT, rowWindow } from './row-window.ts';
import { useRowMoves } from './use-row-moves.ts';
import { type TableModel, useTableModel } from './use-table-model.ts';

const HEAD_HEIGHT = 34;
/** The menu of the columns and a scroll bar. */
const BESIDE_COLUMNS = 30 + 15;
/** Rows painted beyond the edges, so that a fast scroll does not show the ground. */
const PAINTED_BEYOND = 6;

export function ConnectionTable() {
  const isBare = useWindow((state) => state.hello !== null && state.active === null);
  return isBare ? <TableEmpty kind={null} /> : <AttemptGrid />;
}

function AttemptGrid() {
  const grid = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(grid);
  const page = useWindow((state) => state.page);
  const selectedId = useWindow((state) => state.selectedId);
  const freshAfter = useWindow((state) => state.freshAfter);
  const [scrollTop, setScrollTop] = useState(0);

  const viewport = Math.max(ROW_HEIGHT, height - HEAD_HEIGHT);
  const total = page?.total ?? 0;
  const shown = rowWindow(scrollTop, viewport, total);
  const first = Math.max(0, shown.first - PAINTED_BEYOND);
  const end = Math.min(total, shown.end + PAINTED_BEYOND);

  const rows = useMemo(() => rowsBetween(page, first, end), [page, first, end]);
  const table = useTableModel(rows, Math.max(0, width - BESIDE_COLUMNS));
  const columns = table.getVisibleLeafColumns().map(({ id }) => id);
  const choose = useCallback((row: AttemptRow, index: number): void => {
    selectRow(row, index);
    document.getElementById('rows')?.focus({ preventScroll: true });
  }, []);
  const onKeyDown = useRowMoves(grid, viewport);

  useEffect(() => showRows({ first: shown.first, end: shown.end }), [shown.first, shown.end]);
  // A list that became shorter moves the scroll position without an event to rely on.
  useEffect(() => {
    if (total >= 0) setScrollTop(grid.current?.scrollTop ?? 0);
  }, [total]);
  useEffect(() => () => holdForPointer(false), []);

  const onScroll = (): void => {
    const top = grid.current?.scrollTop ?? 0;
    setScrollTop(top);
    if (top > 0) holdRows();
    else releaseRows();
  };

  return (
    <section className="table-pane" aria-label="Connections">
      <div
        id="rows"
        ref={grid}
        className="grid"
        role="grid"
        tabIndex={0}
        aria-label="Connections"
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        aria-activedescendant={selectedId === null ? undefined : rowElementId(selectedId)}
        style={{ '--columns': template(table), '--columns-width': `${table.getTotalSize()}px` }}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <TableHead table={table} />
        <div
          className="grid-body"
          role="rowgroup"
          style={{ height: contentHeight(total) }}
          onPointerEnter={() => holdForPointer(true)}
          onPointerMove={(event) => {
            // Rows that move below a pointer at rest are told as moves of 0.
            if (event.movementX !== 0 || event.movementY !== 0) holdForPointer(true);
          }}
          onPointerLeave={() => holdForPointer(false)}
        >
          {indexes(first, end).map((index) => {
            const top = shown.top + (index - shown.first) * ROW_HEIGHT;
            const row = rowAt(page, index);
            if (row === null) return <LoadingRow key={`place-${index}`} top={top} />;
            return (
              <TableRow
                key={row.id}
                row={row}
                index={index}
                top={top}
                columns={columns.join(' ')}
                selected={row.id === selectedId}
                fresh={row.failed && row.id > freshAfter}
                onChoose={choose}
              />
            );
          })}
        </div>
      </div>
      <NewerPill grid={grid} />
      <Emptiness />
    </section>
  );
}

function Emptiness() {
  const kind = useWindow(emptiness);
  if (kind === null) return null;
  return (
    <div className="table-empty">
      <TableEmpty kind={kind} />
    </div>
  );
}

function NewerPill({ grid }: { readonly grid: { readonly current: HTMLElement | null } }) {
  const count = useWindow((state) => (state.heldAt === null ? 0 : state.newerCount));
  if (count === 0) return null;
  return (
    <button
      type="button"
      className="newer-pill"
      title="Follow the newest again"
      onClick={() => {
        grid.current?.scrollTo({ top: 0 });
        followNewest();
      }}
    >
      {formatCount(count)} new ↑
    </button>
  );
}

function template(table: TableModel): string {
  return table
    .getVisibleLeafColumns()
    .map((column) => {
      const width = `${column.getSize()}px`;
      return columnOf(column.id)?.grows ? `minmax(${width}, 1fr)` : width;
    })
    .join(' ');
}

function indexes(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
}

function rowsBetween(page: Parameters<typeof rowAt>[0], first: number, end: number): AttemptRow[] {
  return indexes(first, end)
    .map((index) => rowAt(page, index))
    .filter((row) => row !== null);
}
