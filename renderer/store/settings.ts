// What a person has arranged: theme, columns, widths, the split. Kept in localStorage.
import { create } from 'zustand';
import { ALERT_KINDS, type AlertKind } from '../../contract/alerts.ts';
import { isBooleanRecord, isNumberRecord, isRecord, load, store } from '../shared/storage.ts';

export type Theme = 'system' | 'dark' | 'light';

export interface Settings {
  readonly theme: Theme;
  /** Columns that differ from the default, by name. */
  readonly columnVisibility: Record<string, boolean>;
  /** Widths in px that were dragged, by column name. */
  readonly columnWidths: Record<string, number>;
  /** Width of the details, px. */
  readonly detailsWidth: number;
  /** Libraries whose frames are shown one by one in stacks, by short name; newest last. */
  readonly openModules: readonly string[];
  /** Kinds of alerts that are not told. */
  readonly mutedAlerts: readonly AlertKind[];
  /** Whether alerts are also told on the desktop. */
  readonly desktopAlerts: boolean;
}

const NAME = 'settings';
const DEFAULTS: Settings = {
  theme: 'system',
  columnVisibility: {},
  columnWidths: {},
  detailsWidth: 500,
  openModules: [],
  mutedAlerts: [],
  desktopAlerts: false,
};

export const DETAILS_WIDTH = { least: 320, most: 1_200 } as const;

export const useSettings = create<Settings>()(() => ({
  ...DEFAULTS,
  ...validSettings(load(NAME, isRecord, {})),
}));

useSettings.subscribe((settings) => store(NAME, settings));

/** The parts of a stored object that are settings; anything else in it is left out. */
export function validSettings(stored: Record<string, unknown>): Partial<Settings> {
  const { theme, columnVisibility, columnWidths, detailsWidth, openModules } = stored;
  const { mutedAlerts, desktopAlerts } = stored;
  return {
    ...(theme === 'dark' || theme === 'light' || theme === 'system' ? { theme } : {}),
    ...(isBooleanRecord(columnVisibility) ? { columnVisibility } : {}),
    ...(isNumberRecord(columnWidths) ? { columnWidths: boundWidths(columnWidths) } : {}),
    ...(typeof detailsWidth === 'number' && Number.isFinite(detailsWidth)
      ? { detailsWidth: boundDetailsWidth(detailsWidth) }
      : {}),
    ...(Array.isArray(openModules) ? { openModules: moduleNames(openModules) } : {}),
    ...(Array.isArray(mutedAlerts) ? { mutedAlerts: alertKinds(mutedAlerts) } : {}),
    ...(typeof desktopAlerts === 'boolean' ? { desktopAlerts } : {}),
  };
}

/** How many libraries are remembered; the one that was opened longest ago is forgotten. */
const MOST_MODULES = 200;

function moduleNames(stored: readonly unknown[]): string[] {
  const names = stored.filter((each) => typeof each === 'string');
  return [...new Set(names)].filter((name) => name.length <= 256).slice(-MOST_MODULES);
}

/** Shows the frames of a library one by one, or folds them again. */
export function toggleModule(module: string): void {
  useSettings.setState(({ openModules }) => {
    const others = openModules.filter((each) => each !== module);
    const isOpen = others.length < openModules.length;
    return { openModules: isOpen ? others : moduleNames([...others, module]) };
  });
}

/** Those that this version has, each once. */
function alertKinds(stored: readonly unknown[]): AlertKind[] {
  return ALERT_KINDS.map(({ kind }) => kind).filter((kind) => stored.includes(kind));
}

export function boundDetailsWidth(width: number): number {
  return Math.min(DETAILS_WIDTH.most, Math.max(DETAILS_WIDTH.least, Math.round(width)));
}

function boundWidths(widths: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(widths).map(([name, width]) => [name, Math.min(900, Math.max(40, width))]),
  );
}

/** Shows the theme in force on the document, and follows the system's while none is chosen. */
export function applyTheme(): void {
  const system = matchMedia('(prefers-color-scheme: light)');
  const show = (): void => {
    document.documentElement.dataset['theme'] = themeInForce(
      useSettings.getState().theme,
      system.matches,
    );
  };
  show();
  system.addEventListener('change', show);
  useSettings.subscribe(show);
}

/** Theme that is painted for a choice. */
export function themeInForce(theme: Theme, systemIsLight: boolean): 'dark' | 'light' {
  if (theme === 'system') return systemIsLight ? 'light' : 'dark';
  return theme;
}
