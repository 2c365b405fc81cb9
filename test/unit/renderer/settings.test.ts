import { expect, test } from 'vitest';
import { themeInForce, validSettings } from '../../../renderer/store/settings.ts';

test('stored settings are taken over where they are valid', () => {
  const stored = {
    theme: 'light',
    columnVisibility: { rtt: false },
    columnWidths: { remote: 300 },
    detailsWidth: 480,
    mutedAlerts: ['ports'],
    desktopAlerts: true,
  };
  expect(validSettings(stored)).toEqual(stored);
});

test('what is not a setting is left out', () => {
  expect(
    validSettings({
      theme: 'pink',
      columnVisibility: { rtt: 'no' },
      columnWidths: [1],
      detailsWidth: 'wide',
      mutedAlerts: 'all',
      desktopAlerts: 1,
      more: 1,
    }),
  ).toEqual({});
});

test('kinds of alerts of another version are not muted', () => {
  expect(validSettings({ mutedAlerts: ['ports', 'weather', 'ports'] })).toEqual({
    mutedAlerts: ['ports'],
  });
});

test('sizes that would hide a part of the window are bounded', () => {
  expect(validSettings({ columnWidths: { remote: 1e9, rtt: -4 }, detailsWidth: 5 })).toEqual({
    columnWidths: { remote: 900, rtt: 40 },
    detailsWidth: 320,
  });
});

test('the theme follows the system until one is chosen', () => {
  expect(themeInForce('system', true)).toBe('light');
  expect(themeInForce('system', false)).toBe('dark');
  expect(themeInForce('dark', true)).toBe('dark');
});
