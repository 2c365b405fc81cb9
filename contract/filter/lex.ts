// Filter text → lexemes. Never fails: every character but blanks lands in one. The stop
// after is parse.ts (meaning) and tokens.ts (highlighting).
import type { Place } from './ast.ts';

export type LexemeKind = 'word' | 'string' | 'operator' | 'open' | 'close' | 'comma';

export interface Lexeme extends Place {
  readonly kind: LexemeKind;
  /** The word itself, the string without its quotes, the operator as typed. */
  readonly text: string;
  /** For a string: its closing quote is missing. */
  readonly unclosed: boolean;
}

/** Longest filter text that is read, characters: keeps every answer instant. */
export const MAX_FILTER_LENGTH = 4000;

const SINGLE: { readonly [character: string]: LexemeKind } = {
  '(': 'open',
  ')': 'close',
  ',': 'comma',
};
const OPERATOR = /(==|!=|>=|<=|&&|\|\||[=><~!])/y;
const SPACE = /\s+/y;
/** Words stop at blanks and at whatever begins another lexeme; `&` and `|` alone belong to a word. */
const WORD = /(?:[^\s()",=!<>~&|']|&(?!&)|\|(?!\|))+/y;

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** A quoted string, `"` or `'`; a backslash takes the next character as it is. */
function lexString(text: string, from: number): Lexeme {
  const quote = text[from];
  let content = '';
  let at = from + 1;
  while (at < text.length && text[at] !== quote) {
    if (text[at] === '\\' && at + 1 < text.length) at++;
    content += text[at];
    at++;
  }
  const unclosed = at >= text.length;
  return { kind: 'string', text: content, from, to: unclosed ? at : at + 1, unclosed };
}

function lexOne(text: string, from: number): Lexeme {
  const character = text[from] ?? '';
  const plain = (kind: LexemeKind, of: string): Lexeme => {
    return { kind, text: of, from, to: from + of.length, unclosed: false };
  };
  if (character === '"' || character === "'") return lexString(text, from);
  const single = SINGLE[character];
  if (single !== undefined) return plain(single, character);
  const operator = matchAt(OPERATOR, text, from);
  if (operator !== null) return plain('operator', operator);
  return plain('word', matchAt(WORD, text, from) ?? character);
}

/** The lexemes of a text, in order, without the blanks between them. */
export function lex(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = matchAt(SPACE, text, at);
    if (blank !== null) {
      at += blank.length;
      continue;
    }
    const lexeme = lexOne(text, at);
    lexemes.push(lexeme);
    at = lexeme.to;
  }
  return lexemes;
}

/** A text as it must be written to be one value: quoted when it would not lex as one plain word. */
export function quoteValue(
  text: string,
  reserved: (word: string) => boolean = () => false,
): string {
  const [first, ...rest] = lex(text);
  const plain = first?.kind === 'word' && rest.length === 0 && first.text === text;
  if (plain && !reserved(text)) return text;
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
