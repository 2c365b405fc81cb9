// The text of one value → what it means for its field: units, addresses, times, choices.
// Called by parse.ts for every value; a value that does not fit gives a sentence.
import { errnoByName, errnoName } from '../errno.ts';
import { parseRange } from './address.ts';
import type { FilterTime, FilterValue, WordEndpoint } from './ast.ts';
import type { Field, FieldType, Operator } from './fields.ts';

/** A value, or the sentence that says what it should look like. */
export type ValueOrSentence = { readonly value: FilterValue } | { readonly sentence: string };

interface Units {
  readonly [suffix: string]: number;
}

const DURATION_MS: Units = {
  '': 1,
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_BYTES: Units = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  ki: 1024,
  kib: 1024,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
};

/** `1.5k` → 1500, and the precision in which it was said: 100. Null when it is no such number. */
function parseWithUnit(text: string, units: Units): { number: number; precision: number } | null {
  const [, digits = '', decimals = '', suffix = ''] =
    /^(\d+)(?:\.(\d+))?\s*(\D*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, suffix.toLowerCase())
    ? units[suffix.toLowerCase()]
    : undefined;
  if (digits === '' || factor === undefined) return null;
  const number = Number(`${digits}.${decimals || '0'}`) * factor;
  if (!Number.isFinite(number) || number > Number.MAX_SAFE_INTEGER) return null;
  return { number, precision: factor / 10 ** Math.min(decimals.length, 15) };
}

function parsePort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:443`, `[::1]:443`, `:443`. Null when it is none of them. */
export function parseEndpoint(text: string): WordEndpoint | null {
  const [, bracketed, bracketedPort] = /^\[([^\]]+)\](?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return joinEndpoint(bracketed, bracketedPort);
  const range = parseRange(text);
  if (range !== null) return { range, port: null };
  const [, address = '', port] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  return port === undefined ? null : joinEndpoint(address, port);
}

function joinEndpoint(address: string, portText: string | undefined): WordEndpoint | null {
  const range = address === '' ? null : parseRange(address);
  const port = portText === undefined ? null : parsePort(portText);
  if ((address !== '' && range === null) || (portText !== undefined && port === null)) return null;
  return { range, port };
}

function parseTime(text: string): FilterTime | null {
  if (text.startsWith('-')) {
    const before = parseWithUnit(text.slice(1), { ...DURATION_MS, '': Number.NaN });
    return before === null || Number.isNaN(before.number) ? null : { beforeEndMs: before.number };
  }
  const [, hour, minute, second = '0'] =
    /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,3})?))?$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) return null;
    return { msOfDay: (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000 };
  }
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text))
    return null;
  // A date alone is local midnight here, as an hour of the day is: Date would take it as UTC.
  const unixMs = Date.parse(text.length === 10 ? `${text}T00:00` : text);
  return Number.isNaN(unixMs) ? null : { unixMs };
}

function number(
  parsed: { number: number; precision: number } | null,
  sentence: string,
): ValueOrSentence {
  return parsed === null ? { sentence } : { value: { kind: 'number', ...parsed } };
}

function whole(text: string, highest: number): { number: number; precision: number } | null {
  return /^\d{1,16}$/.test(text) && Number(text) <= highest
    ? { number: Number(text), precision: 0 }
    : null;
}

type ReadValue = (text: string, field: Field) => ValueOrSentence;

const READERS: { readonly [type in FieldType]: ReadValue } = {
  text: (text) => ({ value: { kind: 'text', text } }),
  integer: (text, { name }) => {
    return number(whole(text, Number.MAX_SAFE_INTEGER), `${name} is a whole number: ${name} = 3.`);
  },
  port: (text, { name }) => {
    return number(whole(text, 65535), `${name} is a number from 0 to 65535: ${name} = 443.`);
  },
  size: (text, { name }) => {
    return number(
      parseWithUnit(text, SIZE_BYTES),
      `${name} is a number of bytes, such as 200, 1.5k or 3M.`,
    );
  },
  duration: (text, { name }) => {
    return number(parseWithUnit(text, DURATION_MS), `${name} is a time, such as 10ms, 2s or 1.5m.`);
  },
  endpoint: (text, { name }) => {
    const endpoint = parseEndpoint(text);
    if (endpoint !== null) return { value: { kind: 'address', ...endpoint } };
    return {
      sentence: `${name} is an address, such as 10.0.0.1, 10.0.0.1:443, [::1]:443 or 10.0.0.0/8. For a part of one: ${name} ~ 10.0.`,
    };
  },
  address: (text, { name }) => {
    const range = parseRange(text);
    if (range !== null) return { value: { kind: 'address', range, port: null } };
    return { sentence: `${name} is an address or a network, such as 10.0.0.1, ::1 or 10.0.0.0/8.` };
  },
  errno: (text) => {
    const errno = /^\d{1,4}$/.test(text) ? Number(text) : errnoByName(text);
    if (errno !== null) return { value: { kind: 'text', text: errnoName(errno) } };
    return {
      sentence: `There is no errno called ${text}. Such as: error = ECONNREFUSED, or error ~ REFUSED.`,
    };
  },
  choice: (text, { name, choices }) => {
    const choice = choices.find((each) => each.toLowerCase() === text.toLowerCase());
    if (choice !== undefined) return { value: { kind: 'text', text: choice } };
    return { sentence: `${name} is one of ${choices.join(', ')}.` };
  },
  time: (text) => {
    const time = parseTime(text);
    if (time !== null) return { value: { kind: 'time', time } };
    return {
      sentence:
        'started is a time: 12:30, 12:30:05, 2026-01-31T12:30, or -5m for five minutes before the newest event.',
    };
  },
};

/** Reads one value of a field. `quoted` keeps `none` a name. */
export function readValue(
  field: Field,
  operator: Operator,
  text: string,
  quoted: boolean,
): ValueOrSentence {
  if (operator === '~') {
    return text === ''
      ? { sentence: `${field.name} ~ needs at least one character.` }
      : { value: { kind: 'text', text } };
  }
  if (!quoted && text.toLowerCase() === 'none') {
    if (!field.optional)
      return { sentence: `Every attempt has ${field.name}; none would never match.` };
    if (operator !== '=' && operator !== '!=') return { sentence: 'none goes with = or != only.' };
    return { value: { kind: 'none' } };
  }
  return READERS[field.type](text, field);
}
