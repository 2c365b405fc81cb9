// TanStack Table over the rows that are on the screen: columns, widths, order. Rows are
// selected and sorted by the engine; the table only knows which way.
import {
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  functionalUpdate,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useMemo } from 'react';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { setSort } from '../../store/actions.ts';
import { useSettings } from '../../store/settings.ts';
import { useWindow } from '../../store/state.ts';
import { COLUMNS, columnOf, fittingColumns } from './columns.tsx';

const features = tableFeatures({
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
});

const column = createColumnHelper<typeof features, AttemptRow>();

const columns = column.columns(
  COLUMNS.map((each) =>
    column.display({
      id: each.id,
      header: each.title,
      size: each.width,
      minSize: 44,
      maxSize: 900,
      cell: ({ row }) => each.cell(row.original),
    }),
  ),
);

/**
 * @param rows the rows on the screen; keep the array while they are the same.
 * @param room width for the columns, px; 0 until it is known.
 */
export function useTableModel(rows: AttemptRow[], room: number) {
  const chosen = useSettings((settings) => settings.columnVisibility);
  const columnSizing = useSettings((settings) => settings.columnWidths);
  const columnVisibility = useMemo(
    () => fittingColumns(chosen, columnSizing, room),
    [chosen, columnSizing, room],
  );
  return useTable({
    features,
    columns,
    data: rows,
    getRowId: (row) => String(row.id),
    columnResizeMode: 'onChange',
    manualSorting: true,
    state: { columnVisibility, columnSizing },
    onColumnVisibilityChange: (updater) =>
      useSettings.setState((old) => ({
        columnVisibility: functionalUpdate(updater, old.columnVisibility),
      })),
    onColumnSizingChange: (updater) =>
      useSettings.setState((old) => ({
        columnWidths: functionalUpdate(updater, old.columnWidths),
      })),
  });
}

export type TableModel = ReturnType<typeof useTableModel>;

/** Orders by a column; by the same again, the other way round. */
export function sortBy(id: string): void {
  const column = columnOf(id);
  if (column === undefined) return;
  const { sort } = useWindow.getState();
  const isSame = sort.column === column.sort;
  setSort({
    column: column.sort,
    descending: isSame ? !sort.descending : column.descendingFirst,
  });
}
