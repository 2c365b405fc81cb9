// Text from strangers, made safe to show.
import { expect, test } from 'vitest';
import { plainJson, plainText } from '../../../contract/plain-text.ts';

test.each([
  ['open\u202egpj.exe', 'open\\u202egpj.exe'],
  ['\u2066con\u200bnect\u2069', '\\u2066con\\u200bnect\\u2069'],
  ['con\ufeffnect\u00ad\u2060', 'con\\ufeffnect\\xad\\u2060'],
  ['\u3164', '\\u3164'],
])('what turns text around or has no width is written out: %j', (text, plain) => {
  expect(plainText(text)).toBe(plain);
  expect(plainJson({ name: text })).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(plainJson({ name: text }))).toEqual({ name: text });
});

test('what everybody sees stays as it is', () => {
  expect(plainText('größer 名前 ✓ …')).toBe('größer 名前 ✓ …');
});
