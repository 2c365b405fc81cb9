import { expect, test } from 'vitest';
import { paintFilter } from '../../../renderer/panels/filter-field/paint.ts';
import { parseFilter } from '../../../renderer/shared/filter-syntax.ts';

test.each([
  '',
  'failed or retransmits > 0 and proc != "sshd"',
  '  (port in (80, 443)',
  'proc = "unclosed',
])('painting leaves every character of %j in its place', (text) => {
  const error = parseFilter(text)?.at ?? null;
  const pieces = paintFilter(text, error);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  let at = 0;
  for (const piece of pieces) {
    expect(piece.from).toBe(at);
    at += piece.text.length;
  }
});

test('fields, values and flags have their colours', () => {
  const kinds = paintFilter('failed or proc != "sshd"', null)
    .filter((piece) => piece.kind !== 'blank')
    .map((piece) => piece.kind);
  expect(kinds).toEqual(['flag', 'keyword', 'field', 'operator', 'value']);
});

test('exactly what an error points at is underlined', () => {
  const text = 'proc = nc and port > x';
  const at = parseFilter(text)?.at ?? null;
  expect(at).not.toBeNull();
  const wrong = paintFilter(text, at).filter((piece) => piece.wrong);
  expect(wrong.map((piece) => piece.text).join('')).toBe('x');
});
