// Whether what a page sent is a call of contract/api.ts: every method known, every
// parameter of its type, nothing more. Used by the two shells that a page talks to,
// serve/ and electron/, before anything reaches the engine.
import type { ExportFormat, MethodName, Methods, Selection, SortColumn } from './api.ts';

/** A value that has passed, or the sentence that says what is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly sentence: string };

/** Tells whether a value has the shape that it stands for. */
type Check = (value: unknown) => boolean;

const MAX_TEXT = 10_000;
const MAX_ROWS = 500;
const MAX_BUCKETS = 2000;

const SORT_COLUMNS: Readonly<Record<SortColumn, true>> = {
  started: true,
  state: true,
  outcome: true,
  process: true,
  remote: true,
  local: true,
  connect: true,
  duration: true,
  retransmits: true,
  bytes: true,
  rtt: true,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const flag: Check = (value) => typeof value === 'boolean';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);

function whole(most: number): Check {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function nullOr(check: Check): Check {
  return (value) => value === null || check(value);
}

/** An object with exactly these keys. */
function shape(checks: Readonly<Record<string, Check>>): Check {
  return (value) =>
    isRecord(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key)) &&
    Object.entries(checks).every(([key, check]) => check(value[key]));
}

const id = whole(Number.MAX_SAFE_INTEGER);
const selection = shape({
  filter: text,
  failedOnly: flag,
  upToId: nullOr(id),
  range: nullOr(shape({ from: number, to: number })),
});
const sort = shape({
  column: (value) => typeof value === 'string' && Object.hasOwn(SORT_COLUMNS, value),
  descending: flag,
});

const PARAMETERS: Readonly<Record<MethodName, Check>> = {
  hello: shape({}),
  status: shape({ session: text }),
  attempts: shape({ session: text, selection, sort, offset: id, limit: whole(MAX_ROWS) }),
  attempt: shape({ session: text, id }),
  position: shape({ session: text, selection, sort, id }),
  overview: shape({ session: text, selection, buckets: whole(MAX_BUCKETS) }),
  groups: shape({ session: text, selection, limit: whole(MAX_ROWS) }),
  flame: shape({ session: text, selection }),
  alerts: shape({ session: text }),
  complete: shape({ session: text, field: text, prefix: text }),
  askThread: shape({ session: text, id }),
  closeSession: shape({ session: text }),
};

/** A method and its parameters, matched to each other. */
export type Call = {
  [M in MethodName]: { readonly method: M; readonly params: Methods[M]['params'] };
}[MethodName];

/** Checks a call that came from a page. */
export function checkCall(method: unknown, params: unknown): Checked<Call> {
  if (typeof method !== 'string' || !Object.hasOwn(PARAMETERS, method)) {
    return { ok: false, sentence: 'There is no such method.' };
  }
  const name = method as MethodName;
  if (!PARAMETERS[name](params)) {
    return { ok: false, sentence: `The parameters of ${name} are not of their types.` };
  }
  return { ok: true, value: { method: name, params } as Call };
}

/** Checks the id of a session. */
export function checkSession(value: unknown): value is string {
  return text(value);
}

/** Checks a selection. */
export function checkSelection(value: unknown): value is Selection {
  return selection(value);
}

/** Checks the name of an export format. */
export function checkFormat(value: unknown): value is ExportFormat {
  return value === 'csv' || value === 'jsonl';
}
