// Names of functions for a line of a screen: demangled C++ and Rust names may have thousands
// of characters, nearly all of them template arguments. Pure.

import { quoteValue } from '../../contract/filter/filter.ts';
import { comparison } from './filter-syntax.ts';

/** A shorter name is shown as it is. */
const LONG = 60;
/** Longest value in a filter, which has at most 4,000 characters. */
const MOST_IN_FILTER = 1500;

const CLOSING: Readonly<Record<string, string>> = { '<': '>', '(': ')' };

/** The index behind the bracket that closes the one at `from`; the end when the name was cut before. */
function behindBracket(name: string, from: number): number {
  const open = name[from] ?? '';
  const close = CLOSING[open];
  let depth = 0;
  for (let at = from; at < name.length; at++) {
    // `->` and `operator>` close nothing.
    if (name[at] === close && name[at - 1] !== '-') depth--;
    else if (name[at] === open) depth++;
    if (depth === 0) return at + 1;
  }
  return name.endsWith('…') ? name.length : -1;
}

/** A long name with what is in its brackets left out: `pool<…>::connect(…)`. */
export function shortFunction(name: string): string {
  if (name.length <= LONG || name.includes('operator<') || name.includes('operator>')) return name;
  let short = '';
  for (let at = 0; at < name.length; ) {
    const open = name[at] ?? '';
    const behind = Object.hasOwn(CLOSING, open) ? behindBracket(name, at) : -1;
    if (behind > at + 3) {
      short += `${open}…${behind === name.length && name.endsWith('…') ? '' : CLOSING[open]}`;
      at = behind;
    } else {
      short += open;
      at++;
    }
  }
  return short;
}

/** Filter text that selects the attempts with a function in a stack; a very long one by how it begins. */
export function frameFilter(name: string): string {
  if (name.length <= MOST_IN_FILTER) return comparison('frame', name);
  return `frame ~ ${quoteValue(name.slice(0, MOST_IN_FILTER))}`;
}
