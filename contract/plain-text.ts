// Text from strangers (names of processes, arguments, symbols) made safe to show: what a
// terminal obeys, what turns the order of a line around, and what nobody sees, is written out
// instead. Used by the command line, the exports and the page.

/**
 * Controls (C0, DEL, C1), line and paragraph separators, the marks of bidirectional text, and
 * characters without width, by which two names look the same (default ignorable: Unicode,
 * chapter 5.21; those of variants and above U+FFFF stay).
 */
// biome-ignore format: one range each
const ACTING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/** The text with `\x1b`, `\u202e` and the like in place of such characters; those in `kept` stay. */
export function plainText(text: string, kept = ''): string {
  return text.replace(ACTING, (character) =>
    kept.includes(character) ? character : escaped(character),
  );
}

/** The text with one `�` for each such character, so that places in it stay where they are. */
export function plainPlaces(text: string): string {
  return text.replace(ACTING, '\ufffd');
}

/** JSON that means the same, and has none of them outside its escapes. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    ACTING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value of the API with every text in it plain; line ends and tabs stay. */
export function plainValue<T>(value: T): T {
  return mapped(value) as T;
}

function mapped(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value, '\n\t');
  if (Array.isArray(value)) return value.map(mapped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each)]));
}
