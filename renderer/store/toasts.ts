// Messages that come up in a corner and can be dismissed.
import { toApiError } from '../shared/api-error.ts';
import { type Toast, useWindow } from './state.ts';

const SHOWN_MS = { done: 6_000, error: 10_000 } as const;
/** More would cover what they are about in a small window. */
const MOST_SHOWN = 2;
const AFTER_READING_MS = 3_000;
/** Messages that are read: under the pointer, or with the focus inside. They stay. */
const kept = new Set<number>();
let nextId = 1;

function show(toast: Omit<Toast, 'id'>): void {
  const id = nextId++;
  const same = (each: Toast): boolean => each.sentence === toast.sentence;
  useWindow.setState(({ toasts }) => ({
    toasts: [...toasts.filter((each) => !same(each)), { ...toast, id }].slice(-MOST_SHOWN),
  }));
  letGo(id, SHOWN_MS[toast.tone]);
}

function letGo(id: number, afterMs: number): void {
  setTimeout(() => {
    if (!kept.has(id)) dismiss(id);
  }, afterMs);
}

/** Keeps a message while it is pointed at or focused; afterwards it goes a little later. */
export function keep(id: number, isRead: boolean): void {
  if (isRead) kept.add(id);
  else if (kept.delete(id)) letGo(id, AFTER_READING_MS);
}

/** Shows what was thrown, with its fix. Goes by itself, but not while it is read. */
export function showError(thrown: unknown): void {
  const { sentence, fix } = toApiError(thrown);
  show({ tone: 'error', sentence, fix });
}

/** Says that something is done; goes by itself. */
export function showDone(sentence: string): void {
  show({ tone: 'done', sentence, fix: null });
}

export function dismiss(id: number): void {
  kept.delete(id);
  useWindow.setState(({ toasts }) => ({ toasts: toasts.filter((each) => each.id !== id) }));
}
