// What could be typed next in a filter: fields, flags, operators, values. The renderer asks
// at each key; values that only the session knows come from the engine's `complete` method.
import type { Place } from './ast.ts';
import { FIELDS, type Field, FLAGS, fieldByName, KEYWORDS, operatorsOf } from './fields.ts';
import { type Lexeme, lex, quoteValue } from './lex.ts';
import { connective, isComparison, isIn } from './parse.ts';

/** Put `text` in place of the characters from `from` to `to`. */
export interface Suggestion extends Place {
  readonly text: string;
  readonly kind: 'field' | 'operator' | 'value' | 'flag' | 'keyword';
  readonly description: string;
}

/** The value that is being typed: ask the engine's `complete` with `field` and `prefix`. */
export interface AskedValue extends Place {
  readonly field: Field;
  readonly prefix: string;
}

const OPERATOR_WORDS: { readonly [operator: string]: string } = {
  '=': 'is',
  '!=': 'is not',
  '>': 'more than',
  '>=': 'at least',
  '<': 'less than',
  '<=': 'at most',
  '~': 'contains',
  in: 'one of a list',
};

/** The word or string that the cursor is in or right behind, and the lexemes before it. */
function around(text: string, cursor: number): { typed: Lexeme; before: readonly Lexeme[] } {
  const lexemes = lex(text);
  const nothing: Lexeme = { kind: 'word', text: '', from: cursor, to: cursor, unclosed: false };
  const typed = lexemes.find(({ kind, from, to }) => {
    return (kind === 'word' || kind === 'string') && from < cursor && cursor <= to;
  });
  const before = lexemes.filter(({ to }) => to <= (typed?.from ?? cursor));
  return { typed: typed ?? nothing, before };
}

/** The field whose value stands at the end of `before`: `field op` or `field in (a, b,`. */
function fieldAwaitingValue(before: readonly Lexeme[]): Field | null {
  const last = before.at(-1);
  if (isComparison(last)) return fieldByName(before.at(-2)?.text ?? '');
  if (last?.kind !== 'open' && last?.kind !== 'comma') return null;
  const open = before.findLastIndex(({ kind }) => kind === 'open');
  const closed = before.findLastIndex(({ kind }) => kind === 'close') > open;
  if (open < 2 || closed || !isIn(before[open - 1])) return null;
  return fieldByName(before[open - 2]?.text ?? '');
}

/** The value being typed at the cursor; null when something else is. */
export function askedValue(text: string, cursor: number): AskedValue | null {
  const { typed, before } = around(text, cursor);
  const field = fieldAwaitingValue(before);
  if (field === null) return null;
  const quoted = typed.kind === 'string' ? 1 : 0;
  const prefix = typed.text.slice(0, Math.max(0, cursor - typed.from - quoted));
  return { field, prefix, from: typed.from, to: typed.to };
}

/** Those that begin with what is typed, then those that hold it. */
function matching<T>(all: readonly T[], typed: string, nameOf: (each: T) => string): T[] {
  const text = typed.toLowerCase();
  const begins = (each: T) => nameOf(each).toLowerCase().startsWith(text);
  const holds = (each: T) => nameOf(each).toLowerCase().includes(text);
  return [...all.filter(begins), ...all.filter((each) => !begins(each) && holds(each))];
}

function suggestValues(asked: AskedValue, known: readonly string[]): Suggestion[] {
  const { field, prefix, from, to } = asked;
  const values = [...new Set([...known, ...field.choices])];
  const suggestions = matching(values, prefix, (value) => value).map((value): Suggestion => {
    const text = quoteValue(value, (word) => word.toLowerCase() === 'none');
    return { text, from, to, kind: 'value', description: '' };
  });
  if (field.optional && 'none'.startsWith(prefix.toLowerCase())) {
    suggestions.push({
      text: 'none',
      from,
      to,
      kind: 'value',
      description: `has no ${field.name}`,
    });
  }
  if (field.type === 'time' && prefix === '') {
    suggestions.push({
      text: '-5m',
      from,
      to,
      kind: 'value',
      description: 'five minutes before the newest event',
    });
  }
  return suggestions;
}

function suggestOperators(field: Field, place: Place): Suggestion[] {
  return [...operatorsOf(field), 'in'].map((text) => {
    return { text, ...place, kind: 'operator', description: OPERATOR_WORDS[text] ?? '' };
  });
}

function suggestTerms(typed: string, place: Place, afterTerm: boolean): Suggestion[] {
  const joins = KEYWORDS.filter(({ name }) => name === 'not' || (afterTerm && name !== 'in'));
  const of = (kind: 'field' | 'flag' | 'keyword') => {
    return (each: { name: string; description: string }) => ({
      text: each.name,
      description: each.description,
      kind,
      ...place,
    });
  };
  const names = FIELDS.map(of('field')) as Suggestion[];
  const terms = [...FLAGS.map(of('flag')), ...names, ...joins.map(of('keyword'))];
  const byName = matching(terms, typed, ({ text }) => text);
  if (typed === '') return byName;
  const byAlias = FIELDS.filter(({ aliases }) => aliases.some((alias) => alias.startsWith(typed)));
  return [
    ...new Map([...byName, ...byAlias.map(of('field'))].map((each) => [each.text, each])).values(),
  ];
}

/**
 * Suggestions for the cursor's place, best first. `known` are values from the session, for
 * the field that `askedValue` names.
 */
export function completeFilter(
  text: string,
  cursor: number,
  known: readonly string[] = [],
): Suggestion[] {
  const asked = askedValue(text, cursor);
  if (asked !== null) return suggestValues(asked, known);
  const { typed, before } = around(text, cursor);
  if (typed.kind === 'string') return [];
  const place = { from: typed.from, to: typed.to };
  const last = before.at(-1);
  // In `proc = port`, `port` is a value and no field.
  const isValue = fieldAwaitingValue(before.slice(0, -1)) !== null;
  const field = last?.kind === 'word' && !isValue ? fieldByName(last.text) : null;
  if (field !== null && typed.text === '') return suggestOperators(field, place);
  const afterTerm = last !== undefined && last.kind !== 'open' && connective(last) === null;
  return suggestTerms(typed.text.slice(0, cursor - typed.from), place, afterTerm);
}
