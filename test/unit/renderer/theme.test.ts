// Contrast of the design tokens (WCAG 2.2 AA): text at least 4.5, in both themes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../../renderer/shared/theme.css', import.meta.url), 'utf8');

function tokens(theme: 'dark' | 'light'): Map<string, string> {
  const block = css.split('[data-theme=')[theme === 'dark' ? 0 : 1] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );
}

function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const SURFACES = ['bg', 'surface', 'raised', 'raised-hover', 'field', 'selected', 'hover'];
const PAIRS = [
  ...SURFACES.flatMap((surface) =>
    ['text', 'text-2', 'dim'].map((text) => [text, surface] as const),
  ),
  ...['bg', 'surface', 'selected', 'hover', 'raised'].flatMap((surface) =>
    ['red', 'amber', 'green'].map((text) => [text, surface] as const),
  ),
  ...['red', 'amber', 'green', 'blue'].map((tone) => [tone, `${tone}-bg`] as const),
  ['text-2', 'grey-bg'] as const,
  ['accent', 'accent-bg'] as const,
  ['violet', 'field'] as const,
  ['violet', 'raised'] as const,
  ['green', 'accent-bg'] as const,
  ['on-accent', 'accent-strong'] as const,
  ...[0, 1, 2, 3, 4, 5, 6, 'rest', 'failed'].map((colour) => ['text', `flame-${colour}`] as const),
  ['text', 'grey-bg'] as const,
  ['flame-on-found', 'flame-found'] as const,
];

test.each(['dark', 'light'] as const)('text of the %s theme can be read', (theme) => {
  const colours = tokens(theme);
  const poor = PAIRS.map(([text, surface]) => {
    const ratio = contrast(colours.get(text) ?? '', colours.get(surface) ?? '');
    return { text, surface, ratio: Number(ratio.toFixed(2)) };
  }).filter(({ ratio }) => !(ratio >= 4.5));
  expect(poor).toEqual([]);
});

test('a failure’s edge and the bars of charts stand out from the ground', () => {
  for (const theme of ['dark', 'light'] as const) {
    const colours = tokens(theme);
    expect(contrast(colours.get('red-edge') ?? '', colours.get('bg') ?? '')).toBeGreaterThanOrEqual(
      3,
    );
  }
});
