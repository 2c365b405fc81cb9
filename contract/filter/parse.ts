// Filter text → tree, by recursive descent over the lexemes of lex.ts. The renderer uses
// it for errors while typing; engine/query/compile.ts turns the tree into SQL.
//
//   filter     = either*                          nothing selects everything
//   either     = both { "or" both }
//   both       = opposite { ["and"] opposite }
//   opposite   = "not" opposite | primary
//   primary    = "(" either ")" | comparison | flag | word | string
//   comparison = field operator value | field "in" "(" value { "," value } ")"
import type { Filter, FilterError, FilterValue, Place } from './ast.ts';
import {
  FIELDS,
  type Field,
  fieldByName,
  flagByName,
  type Operator,
  operatorsOf,
} from './fields.ts';
import { type Lexeme, lex, MAX_FILTER_LENGTH } from './lex.ts';
import { parseEndpoint, readValue } from './values.ts';

/** `filter` is null for a text that selects everything. */
export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter | null }
  | { readonly ok: false; readonly error: FilterError };

// SQLite refuses expressions deeper than 1,000; a person's filter comes nowhere near these.
const MAX_DEPTH = 50;
const MAX_TERMS = 100;

class Misread extends Error {
  readonly place: Place;

  constructor(place: Place, sentence: string) {
    super(sentence);
    this.place = place;
  }
}

const COMPARISONS = new Set(['=', '==', '!=', '>', '>=', '<', '<=', '~']);

/** `and`, `or`, `not` in any spelling; null for everything else. */
export function connective(lexeme: Lexeme | undefined): 'and' | 'or' | 'not' | null {
  if (lexeme?.kind === 'operator') {
    if (lexeme.text === '&&') return 'and';
    if (lexeme.text === '||') return 'or';
    return lexeme.text === '!' ? 'not' : null;
  }
  const word = lexeme?.kind === 'word' ? lexeme.text.toLowerCase() : '';
  return word === 'and' || word === 'or' || word === 'not' ? word : null;
}

/** Whether a lexeme compares a field with a value: `=`, `>`, …; `in` is told apart by `isIn`. */
export function isComparison(lexeme: Lexeme | undefined): boolean {
  return lexeme?.kind === 'operator' && COMPARISONS.has(lexeme.text);
}

export function isIn(lexeme: Lexeme | undefined): boolean {
  return lexeme?.kind === 'word' && lexeme.text.toLowerCase() === 'in';
}

class Parser {
  private readonly lexemes: readonly Lexeme[];
  private readonly end: number;
  private at = 0;
  private depth = 0;
  private terms = 0;

  constructor(text: string) {
    this.lexemes = lex(text);
    this.end = text.length;
  }

  parse(): Filter | null {
    if (this.lexemes.length === 0) return null;
    const filter = this.either();
    const left = this.peek();
    if (left?.kind === 'close') throw new Misread(left, 'This ) closes nothing.');
    if (left !== undefined) throw new Misread(left, `${left.text} does not fit here.`);
    return filter;
  }

  private peek(ahead = 0): Lexeme | undefined {
    return this.lexemes[this.at + ahead];
  }

  private either(): Filter {
    const parts = [this.both()];
    while (connective(this.peek()) === 'or') {
      this.at++;
      parts.push(this.both());
    }
    return join('or', parts);
  }

  private both(): Filter {
    const parts = [this.opposite()];
    for (;;) {
      const next = this.peek();
      if (next === undefined || next.kind === 'close' || connective(next) === 'or') break;
      if (connective(next) === 'and') this.at++;
      parts.push(this.opposite());
    }
    return join('and', parts);
  }

  private opposite(): Filter {
    const not = this.peek();
    if (not === undefined || connective(not) !== 'not') return this.primary();
    this.at++;
    return this.deeper(not, () => ({ kind: 'not', part: this.opposite() }));
  }

  private primary(): Filter {
    const lexeme = this.peek();
    if (lexeme === undefined)
      throw new Misread(this.lastPlace(), 'Something is missing after this.');
    if (lexeme.kind === 'open') return this.group(lexeme);
    if (++this.terms > MAX_TERMS) {
      throw new Misread(lexeme, `A filter has at most ${MAX_TERMS} conditions.`);
    }
    if (lexeme.kind === 'string') return this.word(lexeme);
    if (lexeme.kind !== 'word' || connective(lexeme) !== null) {
      throw new Misread(lexeme, `Before ${lexeme.text} something is missing.`);
    }
    const next = this.peek(1);
    const listed =
      isIn(next) && (this.peek(2)?.kind === 'open' || fieldByName(lexeme.text) !== null);
    if (next === undefined || !(listed || isComparison(next))) return this.bareWord(lexeme);
    return this.comparison(lexeme, next);
  }

  private group(open: Lexeme): Filter {
    this.at++;
    const first = this.peek();
    if (first?.kind === 'close')
      throw new Misread({ from: open.from, to: first.to }, 'Nothing is between ( and ).');
    if (first === undefined) throw new Misread(open, 'This ( is not closed.');
    const inner = this.deeper(open, () => this.either());
    if (this.peek()?.kind !== 'close') throw new Misread(open, 'This ( is not closed.');
    this.at++;
    return inner;
  }

  private deeper(place: Place, read: () => Filter): Filter {
    if (++this.depth > MAX_DEPTH)
      throw new Misread(place, `A filter nests at most ${MAX_DEPTH} deep.`);
    const filter = read();
    this.depth--;
    return filter;
  }

  private bareWord(lexeme: Lexeme): Filter {
    const flag = flagByName(lexeme.text);
    if (flag !== null) {
      this.at++;
      return { kind: 'flag', flag };
    }
    const field = fieldByName(lexeme.text);
    if (field === null) return this.word(lexeme);
    const example = `${lexeme.text} ${operatorsOf(field)[0]} …`;
    throw new Misread(
      lexeme,
      `${lexeme.text} is a field: write ${example}, or "${lexeme.text}" for the word itself.`,
    );
  }

  private word(lexeme: Lexeme): Filter {
    requireClosed(lexeme);
    if (lexeme.text === '') throw new Misread(lexeme, 'Nothing is between the quotes.');
    this.at++;
    const endpoint = lexeme.kind === 'word' ? readWordEndpoint(lexeme.text) : null;
    return { kind: 'word', text: lexeme.text, endpoint };
  }

  private comparison(name: Lexeme, sign: Lexeme): Filter {
    const field = fieldByName(name.text);
    if (field === null)
      throw new Misread(name, `There is no field ${name.text}.${suggestion(name.text)}`);
    this.at += 2;
    if (isIn(sign)) return this.listed(field, sign);
    const operator = (sign.text === '==' ? '=' : sign.text) as Operator;
    const allowed = operatorsOf(field);
    if (!allowed.includes(operator)) {
      throw new Misread(sign, `${field.name} takes ${allowed.join(' ')} and not ${sign.text}.`);
    }
    const value = this.value(field, operator, { from: name.from, to: sign.to });
    return { kind: 'compare', field: field.name, operator, values: [value] };
  }

  private listed(field: Field, sign: Lexeme): Filter {
    const open = this.peek();
    if (open?.kind !== 'open') {
      throw new Misread(sign, `After in goes a list: ${field.name} in (…, …).`);
    }
    return { kind: 'compare', field: field.name, operator: '=', values: this.list(field, open) };
  }

  private list(field: Field, open: Lexeme): FilterValue[] {
    this.at++;
    const values: FilterValue[] = [];
    for (;;) {
      values.push(this.value(field, '=', open));
      if (++this.terms > MAX_TERMS)
        throw new Misread(open, `A filter has at most ${MAX_TERMS} conditions.`);
      const next = this.peek();
      if (next === undefined) throw new Misread(open, 'This ( is not closed.');
      if (next.kind !== 'comma' && next.kind !== 'close') {
        throw new Misread(next, `Between the values of a list goes a comma.`);
      }
      this.at++;
      if (next.kind === 'close') return values;
    }
  }

  private value(field: Field, operator: Operator, before: Place): FilterValue {
    const lexeme = this.peek();
    if (lexeme === undefined) throw new Misread(before, 'A value is missing after this.');
    if (lexeme.kind !== 'word' && lexeme.kind !== 'string') {
      throw new Misread(lexeme, `A value belongs here, not ${lexeme.text}.`);
    }
    requireClosed(lexeme);
    const read = readValue(field, operator, lexeme.text, lexeme.kind === 'string');
    if ('sentence' in read) throw new Misread(lexeme, read.sentence);
    this.at++;
    return read.value;
  }

  /** The last lexeme, for what is missing at the end. */
  private lastPlace(): Place {
    return this.lexemes.at(-1) ?? { from: 0, to: this.end };
  }
}

function requireClosed(lexeme: Lexeme): void {
  if (lexeme.unclosed) throw new Misread(lexeme, 'The closing quote is missing.');
}

/** Numbers look for a port too, so that `443` alone finds it. */
function readWordEndpoint(
  text: string,
): { range: null; port: number } | ReturnType<typeof parseEndpoint> {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return { range: null, port: Number(text) };
  return parseEndpoint(text);
}

function join(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : { kind, parts };
}

/** Names that begin alike, or hold one another. */
function suggestion(typed: string): string {
  const text = typed.toLowerCase();
  const near = FIELDS.flatMap((field) => [field.name, ...field.aliases]).filter((name) => {
    return (
      name.startsWith(text.slice(0, 3)) ||
      (text.length > 2 && (name.includes(text) || text.includes(name)))
    );
  });
  return near.length === 0
    ? ' The list of fields is in docs/filter.md.'
    : ` Did you mean ${near.slice(0, 3).join(' or ')}?`;
}

/** Reads a filter text. Never throws; an error has a place inside the text. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_FILTER_LENGTH) {
    const sentence = `A filter has at most ${MAX_FILTER_LENGTH} characters.`;
    return { ok: false, error: { from: MAX_FILTER_LENGTH, to: text.length, sentence } };
  }
  try {
    return { ok: true, filter: new Parser(text).parse() };
  } catch (thrown) {
    if (!(thrown instanceof Misread)) throw thrown;
    const { from, to } = thrown.place;
    return { ok: false, error: { from, to, sentence: thrown.message } };
  }
}
