// One row of the connection table.
import { memo } from 'react';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { toneOf } from '../../shared/outcome.ts';
import { columnOf } from './columns.tsx';

interface RowProps {
  readonly row: AttemptRow;
  readonly index: number;
  readonly top: number;
  /** Names of the shown columns in order, joined by blanks. */
  readonly columns: string;
  readonly selected: boolean;
  readonly fresh: boolean;
  readonly onChoose: (row: AttemptRow, index: number) => void;
}

/** Painted again only when its own row, place or the columns change. */
export const TableRow = memo(function TableRow(props: RowProps) {
  const { row, index, top, columns, selected, fresh, onChoose } = props;
  const tone = toneOf(row);
  return (
    <div
      id={rowElementId(row.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={`grid-row edge-${tone} ${fresh ? 'fresh' : ''}`}
      style={{ top }}
      onClick={() => onChoose(row, index)}
    >
      {columns.split(' ').map((id) => {
        const column = columnOf(id);
        return (
          <div
            key={id}
            role="gridcell"
            className={column?.numeric ? 'grid-cell numeric' : 'grid-cell'}
            title={column?.whole(row)}
          >
            {column?.cell(row)}
          </div>
        );
      })}
    </div>
  );
});

/** A row that the engine has not answered yet: its place is kept. */
export function LoadingRow({ top }: { readonly top: number }) {
  return (
    <div className="grid-row" role="presentation" style={{ top }}>
      <span className="grid-loading" />
    </div>
  );
}

export function rowElementId(id: number): string {
  return `attempt-${id}`;
}
