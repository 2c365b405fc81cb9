// Completion and highlighting: what is offered at a cursor (written |), and the pieces of a text.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { completeFilter, quoteValue, tokenize } from '../../../contract/filter/filter.ts';

function offered(marked: string, known: string[] = []): string[] {
  const cursor = marked.indexOf('|');
  const text = marked.replace('|', '');
  return completeFilter(text, cursor, known).map((suggestion) => {
    return text.slice(0, suggestion.from) + suggestion.text + text.slice(suggestion.to);
  });
}

test.each([
  ['|', ['failed', 'open', 'proc', 'remote', 'not']],
  ['fa|', ['failed', 'family']],
  ['failed a|', ['failed async', 'failed and', 'failed raddr']],
  ['com|', ['proc']],
  ['re|', ['remote', 'retransmits', 'received']],
  [
    'port |',
    ['port =', 'port !=', 'port >', 'port in'].map((text) =>
      text.replace('port', 'port ').replace('  ', ' '),
    ),
  ],
  ['outcome = |', ['outcome = refused', 'outcome = timed-out']],
  ['outcome =|', ['outcome =refused']],
  ['outcome = re|', ['outcome = refused', 'outcome = reset', 'outcome = unreachable']],
  ['error = conn|', ['error = ECONNREFUSED', 'error = ECONNRESET']],
  ['state in (SYN_SENT, |', ['state in (SYN_SENT, CLOSE']],
  ['closedby = n|', ['closedby = none']],
  ['a and |', ['a and failed', 'a and proc']],
  ['(pid|)', ['(pid)']],
])('%s', (marked, expected) => {
  expect(offered(marked)).toEqual(expect.arrayContaining(expected));
});

test('values from the session come first, quoted when they must be', () => {
  expect(offered('proc = |', ['curl', 'my app', 'none']).slice(0, 3)).toEqual([
    'proc = curl',
    'proc = "my app"',
    'proc = "none"',
  ]);
});

test('a value that is spelled like a field gets no operators', () => {
  expect(offered('proc = port |')).not.toContain('proc = port >');
});

test('nothing is offered inside a quoted word', () => {
  expect(offered('"fai|')).toEqual([]);
});

test('what is quoted reads back as the same value', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (value) => {
      const [token, ...rest] = tokenize(`proc = ${quoteValue(value)}`).slice(2);
      expect(rest).toEqual([]);
      expect(token?.kind).toBe('value');
    }),
  );
});

test('pieces for highlighting', () => {
  const kinds = tokenize('failed and proc = port or (x, "y" in (1, 2)').map(
    ({ kind, text }) => `${text}:${kind}`,
  );
  expect(kinds.join(' ')).toBe(
    'failed:flag and:keyword proc:field =:operator port:value or:keyword (:parenthesis x:word ,:comma "y":word in:keyword (:parenthesis 1:value ,:comma 2:value ):parenthesis',
  );
});

test('pieces and suggestions exist for any text and cursor', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.nat(60), (text, at) => {
      const cursor = Math.min(at, text.length);
      for (const { from, to } of [...tokenize(text), ...completeFilter(text, cursor)]) {
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(text.length);
        expect(from).toBeLessThanOrEqual(to);
      }
    }),
    { numRuns: 1000 },
  );
});
