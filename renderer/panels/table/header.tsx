// The head of the connection table: titles that sort, handles that resize, the menu
// that chooses columns.
import type { KeyboardEvent } from 'react';
import { Icon } from '../../shared/icons.tsx';
import { Menu, MenuItem } from '../../shared/menu.tsx';
import { useSettings } from '../../store/settings.ts';
import { useWindow } from '../../store/state.ts';
import { COLUMNS, columnOf } from './columns.tsx';
import { sortBy, type TableModel } from './use-table-model.ts';

type ModelHeader = ReturnType<TableModel['getFlatHeaders']>[number];

export function TableHead({ table }: { readonly table: TableModel }) {
  return (
    <div className="grid-head" role="row" aria-rowindex={1}>
      {table.getFlatHeaders().map((header, index) => (
        <Title key={header.id} header={header} place={index + 1} />
      ))}
      <ColumnsMenu table={table} />
    </div>
  );
}

function Title({ header, place }: { readonly header: ModelHeader; readonly place: number }) {
  const sort = useWindow((state) => state.sort);
  const column = columnOf(header.column.id);
  if (column === undefined) return null;
  const order = sort.column === column.sort ? (sort.descending ? 'descending' : 'ascending') : null;
  const mark = order === null ? '' : order === 'descending' ? ' ▾' : ' ▴';
  return (
    <div
      role="columnheader"
      className={`grid-title ${column.numeric ? 'numeric' : ''}`}
      style={{ gridColumn: place }}
      {...(order === null ? {} : { 'aria-sort': order })}
    >
      <button
        type="button"
        className="clip"
        title={`${column.description}. Click to sort.`}
        onClick={() => sortBy(column.id)}
      >
        {column.title}
        {mark}
      </button>
      <Handle header={header} />
    </div>
  );
}

function Handle({ header }: { readonly header: ModelHeader }) {
  const resize = header.getResizeHandler();
  const size = header.column.getSize();
  const setWidth = (width: number): void => {
    useSettings.setState(({ columnWidths }) => ({
      columnWidths: { ...columnWidths, [header.column.id]: Math.min(900, Math.max(44, width)) },
    }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    event.stopPropagation();
    setWidth(size + (event.key === 'ArrowLeft' ? -10 : 10));
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${columnOf(header.column.id)?.title ?? ''}`}
      aria-valuenow={size}
      tabIndex={0}
      className={`grid-handle ${header.column.getIsResizing() ? 'dragged' : ''}`}
      onMouseDown={resize}
      onTouchStart={resize}
      onDoubleClick={() => header.column.resetSize()}
      onKeyDown={onKeyDown}
    />
  );
}

function ColumnsMenu({ table }: { readonly table: TableModel }) {
  return (
    <div className="columns-menu" role="presentation">
      <Menu label={<Icon name="columns" />} title="Columns" className="button icon quiet small">
        {() => (
          <>
            {COLUMNS.map(({ id, title }) => {
              const column = table.getColumn(id);
              const shown = column?.getIsVisible() ?? false;
              const isLast = shown && table.getVisibleLeafColumns().length === 1;
              return (
                <MenuItem
                  key={id}
                  checked={shown}
                  onSelect={() => {
                    if (!isLast) column?.toggleVisibility(!shown);
                  }}
                >
                  {title}
                </MenuItem>
              );
            })}
            <MenuItem
              onSelect={() => useSettings.setState({ columnVisibility: {}, columnWidths: {} })}
            >
              <span className="menu-check" /> Reset columns and widths
            </MenuItem>
          </>
        )}
      </Menu>
    </div>
  );
}
