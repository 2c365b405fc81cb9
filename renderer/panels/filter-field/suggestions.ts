// What could be typed next: contract/filter/ knows the language, the engine the values
// that are in the session.
import { useEffect, useState } from 'react';
import { askedValue, completeFilter, type Suggestion } from '../../../contract/filter/filter.ts';
import { shell } from '../../store/shell.ts';
import { useWindow } from '../../store/state.ts';

const MOST_SHOWN = 60;

/** Suggestions for the cursor's place; empty while `open` is false. */
export function useSuggestions(text: string, cursor: number, open: boolean): Suggestion[] {
  const session = useWindow((state) => state.active);
  const [known, setKnown] = useState<readonly string[]>([]);
  const asked = open ? askedValue(text, cursor) : null;
  const field = asked?.field.name ?? null;
  const prefix = asked?.prefix ?? '';

  useEffect(() => {
    setKnown([]);
    if (field === null || session === null) return;
    let current = true;
    shell.call('complete', { session, field, prefix }).then(
      (values) => {
        if (current) setKnown(values);
      },
      // Without the session's own values the list still has the language's.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [session, field, prefix]);

  if (!open) return [];
  return completeFilter(text, cursor, known)
    .filter((each) => each.text !== text.slice(each.from, each.to))
    .slice(0, MOST_SHOWN);
}

/** The text and the cursor after a suggestion was taken. */
export function accept(text: string, suggestion: Suggestion): { text: string; cursor: number } {
  const before = text.slice(0, suggestion.from);
  const after = text.slice(suggestion.to);
  const glue = after.startsWith(' ') ? '' : ' ';
  return {
    text: before + suggestion.text + glue + after,
    cursor: before.length + suggestion.text.length + 1,
  };
}
