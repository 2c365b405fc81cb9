// The rules of `synscope expect`: text → what is to be checked. docs/expect.md is their
// description. Judged by cli/expect/judge.ts.
//
//   rules    = rule { (";" | newline) rule }             "#" begins a comment
//   rule     = who "must" ["not"] deed                   about each attempt
//            | "must" "connect" who ["within" TIME]      about at least one
//            | ("no" | "at" ("most" | "least") N | "exactly" N) noun who
//   who      = { "to" END | "from" END | "on" END | "by" NAME | ["where"] "(" FILTER ")" }
import type { Filter, Place } from '../../contract/filter/ast.ts';
import { fieldByName, parseFilter, quoteValue } from '../../contract/filter/filter.ts';
import { parseEndpoint, readValue } from '../../contract/filter/values.ts';
import type { Milliseconds } from '../../contract/units.ts';
import { RuleMisread, type RuleWord, ruleWords, splitRules } from './words.ts';

/** What an attempt must not do. */
export type Deed =
  | 'fail'
  | 'time out'
  | 'be refused'
  | 'be reset'
  | 'be unreachable'
  | 'retransmit';
/** What is counted. */
export type Noun =
  | 'connects'
  | 'connections'
  | 'accepts'
  | 'failures'
  | 'timeouts'
  | 'refusals'
  | 'resets';

export type Check =
  | { readonly kind: 'each-connects'; readonly withinMs: Milliseconds | null }
  | { readonly kind: 'some-connects'; readonly withinMs: Milliseconds | null }
  | { readonly kind: 'none'; readonly deed: Deed }
  | {
      readonly kind: 'count';
      readonly bound: 'at most' | 'at least' | 'exactly';
      readonly count: number;
      readonly noun: Noun;
    };

export interface Rule extends Place {
  /** As it was written, without comments. */
  readonly text: string;
  /** Filter text that selects the attempts that it is about. */
  readonly filter: string;
  /** It is about certain addresses, not about a service that may have several. */
  readonly namesAddress: boolean;
  readonly check: Check;
}

export type ParsedRules =
  | { readonly ok: true; readonly rules: readonly Rule[] }
  | { readonly ok: false; readonly error: Place & { readonly sentence: string } };

const NOUNS: Readonly<Record<string, Noun>> = {
  connect: 'connects',
  connects: 'connects',
  connection: 'connections',
  connections: 'connections',
  accept: 'accepts',
  accepts: 'accepts',
  failure: 'failures',
  failures: 'failures',
  timeout: 'timeouts',
  timeouts: 'timeouts',
  refusal: 'refusals',
  refusals: 'refusals',
  reset: 'resets',
  resets: 'resets',
};

/** Deeds in one or two words. */
const DEEDS: Readonly<Record<string, Deed>> = {
  fail: 'fail',
  'time out': 'time out',
  timeout: 'time out',
  'be refused': 'be refused',
  'be reset': 'be reset',
  'be unreachable': 'be unreachable',
  retransmit: 'retransmit',
};

const MAX_COUNT = 1_000_000_000;

class RuleParser {
  readonly #words: readonly RuleWord[];
  readonly #place: Place;
  #at = 0;
  readonly #conditions: string[] = [];

  constructor(words: readonly RuleWord[], place: Place) {
    this.#words = words;
    this.#place = place;
  }

  parse(): { filter: string; check: Check } {
    const check = this.#check();
    const left = this.#words[this.#at];
    if (left) throw new RuleMisread(left, `${left.text} does not fit here.`);
    return { filter: this.#conditions.join(' and '), check };
  }

  #check(): Check {
    if (this.#takes('no')) return this.#counted('at most', 0);
    if (this.#takes('exactly')) return this.#counted('exactly', this.#number());
    if (this.#takes('at')) return this.#counted(this.#bound(), this.#number());
    if (this.#takes('must')) {
      return this.#takes('not') ? { kind: 'none', deed: this.#unwanted() } : this.#someConnects();
    }
    this.#takes('connect');
    this.#who(true);
    return this.#deed();
  }

  /** `connect to …`: at least one. */
  #someConnects(): Check {
    if (!this.#takes('connect')) {
      throw this.#missing(
        'After must, at the begin of a rule, goes connect to …, or not and what must not happen.',
      );
    }
    const before = this.#within();
    this.#who(false);
    this.#outgoing();
    return { kind: 'some-connects', withinMs: before ?? this.#within() };
  }

  /** `must …` after what it is about. */
  #deed(): Check {
    if (!this.#takes('must')) throw this.#missing('Here goes must, or must not.');
    if (this.#takes('not')) return { kind: 'none', deed: this.#unwanted() };
    if (!this.#takes('connect')) {
      throw this.#missing('After must goes connect, or not and what must not happen.');
    }
    this.#outgoing();
    return { kind: 'each-connects', withinMs: this.#within() };
  }

  #unwanted(): Deed {
    const [first, second] = this.#words.slice(this.#at, this.#at + 2);
    const known = Object.keys(DEEDS).join(', ');
    if (!first) throw this.#missing(`After must not goes one of: ${known}.`);
    for (const words of [[first, second], [first]]) {
      const name = words.map((word) => word?.text.toLowerCase() ?? '').join(' ');
      if (!Object.hasOwn(DEEDS, name)) continue;
      this.#at += words.length;
      return DEEDS[name] as Deed;
    }
    throw new RuleMisread(first, `After must not goes one of: ${known}.`);
  }

  #counted(bound: Extract<Check, { kind: 'count' }>['bound'], count: number): Check {
    const word = this.#words[this.#at];
    const name = word?.text.toLowerCase() ?? '';
    const known = 'connects, connections, accepts, failures, timeouts, refusals or resets';
    if (!word) throw this.#missing(`Here goes what is counted: ${known}.`);
    if (!Object.hasOwn(NOUNS, name)) {
      throw new RuleMisread(word, `${word.text} cannot be counted: ${known} can.`);
    }
    this.#at++;
    const noun = NOUNS[name] as Noun;
    this.#who(false);
    if (noun === 'connects' || noun === 'connections') this.#outgoing();
    if (noun === 'accepts') this.#conditions.push('direction = accepted');
    return { kind: 'count', bound, count, noun };
  }

  #bound(): 'at most' | 'at least' {
    if (this.#takes('most')) return 'at most';
    if (this.#takes('least')) return 'at least';
    throw this.#missing('After at goes most or least.');
  }

  #number(): number {
    const word = this.#words[this.#at];
    if (word && /^\d{1,10}$/.test(word.text) && Number(word.text) <= MAX_COUNT) {
      this.#at++;
      return Number(word.text);
    }
    const sentence = `Here goes a whole number up to ${MAX_COUNT}.`;
    throw word ? new RuleMisread(word, sentence) : this.#missing(sentence);
  }

  #within(): Milliseconds | null {
    if (!this.#takes('within')) return null;
    const word = this.#words[this.#at];
    const field = fieldByName('connect');
    const read = word && field ? readValue(field, '=', word.text, false) : null;
    if (read && 'value' in read && read.value.kind === 'number') {
      this.#at++;
      return read.value.number;
    }
    const sentence = 'After within goes a time, such as 500ms or 2s.';
    throw word ? new RuleMisread(word, sentence) : this.#missing(sentence);
  }

  #outgoing(): void {
    if (!this.#conditions.includes('direction = outgoing')) {
      this.#conditions.push('direction = outgoing');
    }
  }

  /** Which attempts: addresses, programs and filters. `bare`: an address alone means to it. */
  #who(bare: boolean): void {
    for (let first = true; ; first = false) {
      const word = this.#words[this.#at];
      if (!word) return;
      if (this.#takes('to')) this.#end('remote', 'outgoing');
      else if (this.#takes('from')) this.#end('remote', 'accepted');
      else if (this.#takes('on')) this.#end('local', null);
      else if (this.#takes('by')) this.#program();
      else if (this.#takes('where') || word.kind === 'filter') this.#filter();
      else if (bare && first && !this.#isKeyword(word)) this.#end('remote', 'outgoing');
      else return;
    }
  }

  #isKeyword({ kind, text }: RuleWord): boolean {
    return kind === 'word' && text.toLowerCase() === 'must';
  }

  #end(side: 'remote' | 'local', direction: 'outgoing' | 'accepted' | null): void {
    const word = this.#words[this.#at];
    if (!word)
      throw this.#missing('An address is missing, such as 10.0.0.1:443, 10.0.0.0/8 or :443.');
    if (parseEndpoint(word.text) === null) {
      const sentence = `${word.text} is no address: 10.0.0.1, 10.0.0.1:443, [::1]:443, 10.0.0.0/8 or :443 are. Names of hosts are not looked up.`;
      throw new RuleMisread(word, sentence);
    }
    this.#at++;
    this.#conditions.push(`${side} = ${quoteValue(word.text)}`);
    if (direction === 'outgoing') this.#outgoing();
    else if (direction) this.#conditions.push(`direction = ${direction}`);
  }

  #program(): void {
    const word = this.#words[this.#at];
    if (!word || word.kind === 'filter')
      throw this.#missing('After by goes the name of a program.');
    this.#at++;
    this.#conditions.push(`proc = ${quoteValue(word.text)}`);
  }

  #filter(): void {
    const word = this.#words[this.#at];
    if (word?.kind !== 'filter') throw this.#missing('After where goes a filter in parentheses.');
    const parsed = parseFilter(word.text);
    if (!parsed.ok) {
      const { from, to, sentence } = parsed.error;
      // Its text begins behind the parenthesis.
      const begin = word.from + 1;
      throw new RuleMisread({ from: begin + from, to: begin + to }, sentence);
    }
    this.#at++;
    if (parsed.filter !== null) this.#conditions.push(`(${word.text})`);
  }

  #takes(keyword: string): boolean {
    const word = this.#words[this.#at];
    if (word?.kind !== 'word' || word.text.toLowerCase() !== keyword) return false;
    this.#at++;
    return true;
  }

  /** Points at the next word, or at the last one when there is none. */
  #missing(sentence: string): RuleMisread {
    const word = this.#words[this.#at] ?? this.#words[this.#at - 1];
    return new RuleMisread(word ?? this.#place, sentence);
  }
}

/** Whether a filter asks for certain addresses, or for the losers of races themselves. */
function singlesOut(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.some(singlesOut);
    case 'word':
      return filter.endpoint !== null && filter.endpoint.range !== null;
    case 'compare':
      if (filter.field === 'race') return true;
      if (filter.operator === '!=') return false;
      if (filter.field === 'family') return true;
      return filter.values.some((value) => value.kind === 'address' && value.range !== null);
    default:
      return false;
  }
}

/** Reads rules. Never throws; an error has a place inside the text. */
export function parseRules(text: string): ParsedRules {
  try {
    const rules = splitRules(text).map((place): Rule => {
      const words = ruleWords(text, place);
      const { filter, check } = new RuleParser(words, place).parse();
      const parsed = parseFilter(filter);
      if (!parsed.ok) throw new RuleMisread(place, parsed.error.sentence);
      const namesAddress = parsed.filter !== null && singlesOut(parsed.filter);
      return { ...place, text: text.slice(place.from, place.to), filter, namesAddress, check };
    });
    if (rules.length > 0) return { ok: true, rules };
    throw new RuleMisread({ from: 0, to: text.length }, 'There is no rule in this.');
  } catch (thrown) {
    if (!(thrown instanceof RuleMisread)) throw thrown;
    const { from, to } = thrown.place;
    return { ok: false, error: { from, to, sentence: thrown.message } };
  }
}
