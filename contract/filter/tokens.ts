// Filter text → coloured pieces for the filter field: lexemes with the part that each
// plays. Works on half-typed text, so it looks at neighbours only and does not parse.
import type { Place } from './ast.ts';
import { fieldByName, flagByName } from './fields.ts';
import { type Lexeme, lex } from './lex.ts';
import { connective, isComparison, isIn } from './parse.ts';

export type TokenKind =
  | 'word'
  | 'field'
  | 'operator'
  | 'value'
  | 'flag'
  | 'keyword'
  | 'parenthesis'
  | 'comma';

export interface FilterToken extends Place {
  readonly kind: TokenKind;
  readonly text: string;
}

function kindOf(lexemes: readonly Lexeme[], index: number, inList: boolean): TokenKind {
  const lexeme = lexemes[index];
  const [before, after] = [lexemes[index - 1], lexemes[index + 1]];
  if (lexeme === undefined) return 'word';
  if (lexeme.kind === 'open' || lexeme.kind === 'close') return 'parenthesis';
  if (lexeme.kind === 'comma') return 'comma';
  if (isComparison(before) && lexeme.kind !== 'operator') return 'value';
  if (inList) return 'value';
  if (isComparison(lexeme)) return 'operator';
  if (connective(lexeme) !== null) return 'keyword';
  if (isIn(lexeme) && after?.kind === 'open') return 'keyword';
  if (lexeme.kind === 'string') return 'word';
  if (flagByName(lexeme.text) !== null && !isComparison(after)) return 'flag';
  return fieldByName(lexeme.text) === null ? 'word' : 'field';
}

/** The pieces of a text in order; blanks are the gaps between them. */
export function tokenize(text: string): FilterToken[] {
  const lexemes = lex(text);
  let inList = false;
  return lexemes.map((lexeme, index) => {
    if (lexeme.kind === 'close') inList = false;
    const kind = kindOf(lexemes, index, inList);
    if (lexeme.kind === 'open' && isIn(lexemes[index - 1])) inList = true;
    return { kind, text: text.slice(lexeme.from, lexeme.to), from: lexeme.from, to: lexeme.to };
  });
}
