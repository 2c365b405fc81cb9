// A filter text as coloured pieces, with the wrong part marked. Pure.
import { type TokenKind, tokenize } from '../../../contract/filter/filter.ts';

export interface Piece {
  readonly from: number;
  readonly text: string;
  readonly kind: TokenKind | 'blank';
  readonly wrong: boolean;
}

/** Every character of `text`, in order, in pieces of one colour; `wrong` is what an error points at. */
export function paintFilter(text: string, wrong: { from: number; to: number } | null): Piece[] {
  const pieces: Piece[] = [];
  const add = (from: number, to: number, kind: Piece['kind']): void => {
    if (to <= from) return;
    const cuts = [from, to];
    if (wrong !== null) cuts.push(...[wrong.from, wrong.to].filter((at) => at > from && at < to));
    cuts.sort((a, b) => a - b);
    for (const [index, start] of cuts.slice(0, -1).entries()) {
      const end = cuts[index + 1] ?? to;
      const isWrong = wrong !== null && start >= wrong.from && end <= wrong.to;
      pieces.push({ from: start, text: text.slice(start, end), kind, wrong: isWrong });
    }
  };
  let at = 0;
  for (const token of tokenize(text)) {
    add(at, token.from, 'blank');
    add(token.from, token.to, token.kind);
    at = token.to;
  }
  add(at, text.length, 'blank');
  return pieces;
}
