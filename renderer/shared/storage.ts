// Settings that outlive the page, in localStorage. What is stored may be anything (an
// older version, a person's edit), so each value is checked before it is believed.

const PREFIX = 'synscope.';

/** Reads a setting; `fallback` when there is none, it is not valid, or storage is closed to us. */
export function load<T>(name: string, isValid: (value: unknown) => value is T, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text === null) return fallback;
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : fallback;
  } catch {
    // Storage blocked or not JSON: the window works with its defaults.
    return fallback;
  }
}

/** Writes a setting. A full or blocked storage only means that it is forgotten. */
export function store(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    return;
  }
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** An object whose values all are finite numbers. */
export function isNumberRecord(value: unknown): value is Record<string, number> {
  return isRecord(value) && Object.values(value).every((each) => Number.isFinite(each));
}

/** An object whose values all are booleans. */
export function isBooleanRecord(value: unknown): value is Record<string, boolean> {
  return isRecord(value) && Object.values(value).every(isBoolean);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
