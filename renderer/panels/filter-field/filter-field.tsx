// The filter field: one line of text in the language of docs/filter.md, coloured, with
// completion, its error underlined in place. What is typed goes to store/actions.
import './filter-field.css';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Suggestion } from '../../../contract/filter/filter.ts';
import { Icon } from '../../shared/icons.tsx';
import { setFilter, typeFilter } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';
import { paintFilter } from './paint.ts';
import { accept, useSuggestions } from './suggestions.ts';

const PLACEHOLDER = 'Filter: failed, proc = curl, port = 443, retransmits > 0 …';

export function FilterField() {
  const text = useWindow((state) => state.filterText);
  const error = useWindow((state) => state.filterError);
  const input = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState(0);
  const [scroll, setScroll] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const suggestions = useSuggestions(text, cursor, open);

  const readCursor = (): void => {
    setCursor(input.current?.selectionStart ?? 0);
    setScroll(input.current?.scrollLeft ?? 0);
  };
  const take = (suggestion: Suggestion): void => {
    const next = accept(text, suggestion);
    typeFilter(next.text);
    setChosen(-1);
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(next.cursor, next.cursor);
      readCursor();
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const shown = open && suggestions.length > 0;
    const taken = suggestions[Math.max(0, chosen)];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      if (shown) setChosen(wrap(chosen + (event.key === 'ArrowDown' ? 1 : -1), suggestions.length));
    } else if (
      event.key === 'Tab' &&
      shown &&
      !event.shiftKey &&
      text !== '' &&
      taken !== undefined
    ) {
      event.preventDefault();
      take(taken);
    } else if (event.key === 'Enter') {
      if (shown && chosen >= 0 && taken !== undefined) take(taken);
      else leave(input.current, () => setFilter(text));
    } else if (event.key === 'Escape') {
      if (shown) setOpen(false);
      else if (text !== '') setFilter('');
      else leave(input.current, () => undefined);
    }
  };

  useEffect(() => {
    if (chosen >= 0)
      document.getElementById(optionId(chosen))?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  return (
    <div className="filter">
      <div className={`filter-box ${error === null ? '' : 'bad'}`}>
        <Icon name="search" size={14} />
        <div className="filter-text">
          <div
            className="filter-paint"
            aria-hidden="true"
            style={{ transform: `translateX(${-scroll}px)` }}
          >
            {paintFilter(text, error?.at ?? null).map((piece) => (
              <span key={piece.from} className={`${piece.kind} ${piece.wrong ? 'wrong' : ''}`}>
                {piece.text}
              </span>
            ))}
          </div>
          <input
            ref={input}
            id="filter"
            type="text"
            role="combobox"
            aria-label="Filter"
            aria-expanded={suggestions.length > 0}
            aria-controls="filter-list"
            aria-invalid={error !== null}
            aria-describedby={error === null ? undefined : 'filter-error'}
            aria-activedescendant={chosen >= 0 ? optionId(chosen) : undefined}
            autoComplete="off"
            spellCheck={false}
            maxLength={4000}
            placeholder={PLACEHOLDER}
            value={text}
            onChange={(event) => {
              typeFilter(event.target.value);
              setOpen(true);
              setChosen(-1);
              readCursor();
            }}
            onSelect={readCursor}
            onScroll={readCursor}
            onKeyDown={onKeyDown}
            onClick={() => setOpen(true)}
            onBlur={() => setOpen(false)}
          />
        </div>
        {text !== '' && (
          <button
            type="button"
            className="filter-clear"
            aria-label="Clear the filter"
            onClick={() => setFilter('')}
          >
            <Icon name="close" size={12} />
          </button>
        )}
      </div>
      {(error !== null || suggestions.length > 0) && (
        <div className="filter-pop">
          {error !== null && (
            <div className="filter-error" id="filter-error" role="status">
              {error.sentence}
            </div>
          )}
          {suggestions.length > 0 && (
            <SuggestionList suggestions={suggestions} chosen={chosen} onTake={take} />
          )}
        </div>
      )}
    </div>
  );
}

function optionId(index: number): string {
  return `filter-option-${index}`;
}

interface SuggestionListProps {
  readonly suggestions: readonly Suggestion[];
  readonly chosen: number;
  readonly onTake: (suggestion: Suggestion) => void;
}

function SuggestionList({ suggestions, chosen, onTake }: SuggestionListProps) {
  return (
    <ul className="filter-list" id="filter-list" role="listbox" aria-label="Suggestions">
      {suggestions.map((each, index) => (
        <li
          key={each.text}
          id={optionId(index)}
          role="option"
          aria-selected={index === chosen}
          // The field keeps the focus: its blur would close the list before the click.
          onPointerDown={(event) => {
            event.preventDefault();
            onTake(each);
          }}
        >
          <span className={`mono ${each.kind}`}>{each.text}</span>
          <span className="dim clip">{each.description}</span>
        </li>
      ))}
    </ul>
  );
}

function wrap(index: number, count: number): number {
  return (index + count) % count;
}

/** From the field to the rows. */
function leave(input: HTMLInputElement | null, apply: () => void): void {
  apply();
  input?.blur();
  document.getElementById('rows')?.focus();
}
