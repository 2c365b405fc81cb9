// The text of rules, cut into rules and words. Part of cli/expect/rules.ts.
import type { Place } from '../../contract/filter/ast.ts';

export class RuleMisread extends Error {
  readonly place: Place;

  constructor({ from, to }: Place, sentence: string) {
    super(sentence);
    this.place = { from, to };
  }
}

/** `filter`: the text between two parentheses. */
export interface RuleWord extends Place {
  readonly kind: 'word' | 'string' | 'filter';
  /** Without quotes or parentheses. */
  readonly text: string;
}

const QUOTES = new Set(['"', "'"]);

/** Index behind a quoted text that begins at `from`; throws when it is not closed before `end`. */
function behindQuotes(text: string, from: number, end: number): number {
  for (let at = from + 1; at < end; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[from]) return at + 1;
  }
  throw new RuleMisread({ from, to: end }, 'The closing quote is missing.');
}

/** Index behind the parenthesis that closes the one at `from`. */
function behindParenthesis(text: string, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; ) {
    const character = text[at] ?? '';
    if (QUOTES.has(character)) {
      at = behindQuotes(text, at, end);
      continue;
    }
    if (character === '(') depth++;
    else if (character === ')') depth--;
    at++;
    if (depth === 0) return at;
  }
  throw new RuleMisread({ from, to: end }, 'This ( is not closed.');
}

/** Where a line or a rule ends, quotes aside. */
function endOfRule(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (character === ';' || character === '\n' || character === '#') return at;
    // A quote that is not closed on its line is misread later, with its place.
    const line = text.indexOf('\n', at);
    at = QUOTES.has(character) ? closed(text, at, line < 0 ? text.length : line) : at + 1;
  }
  return at;
}

function closed(text: string, from: number, end: number): number {
  try {
    return behindQuotes(text, from, end);
  } catch {
    return from + 1;
  }
}

/** The places of the rules in a text, without blanks around them, comments left out. */
export function splitRules(text: string): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOfRule(text, at);
    const rule = text.slice(at, end);
    const from = at + rule.length - rule.trimStart().length;
    const to = at + rule.trimEnd().length;
    if (to > from) places.push({ from, to });
    const newline = text.indexOf('\n', end);
    at = text[end] === '#' ? (newline < 0 ? text.length : newline) : end + 1;
  }
  return places;
}

/** The words of one rule. */
export function ruleWords(text: string, { from, to }: Place): RuleWord[] {
  const words: RuleWord[] = [];
  for (let at = from; at < to; ) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) {
      at++;
    } else if (character === '(') {
      const end = behindParenthesis(text, at, to);
      words.push({ kind: 'filter', text: text.slice(at + 1, end - 1), from: at, to: end });
      at = end;
    } else if (QUOTES.has(character)) {
      const end = behindQuotes(text, at, to);
      const inner = text.slice(at + 1, end - 1).replace(/\\(.)/g, '$1');
      words.push({ kind: 'string', text: inner, from: at, to: end });
      at = end;
    } else {
      const [word = character] = /^[^\s("']+/.exec(text.slice(at, to)) ?? [];
      words.push({ kind: 'word', text: word, from: at, to: at + word.length });
      at += word.length;
    }
  }
  return words;
}
