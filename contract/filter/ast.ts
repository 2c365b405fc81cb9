// What a filter text means, as a tree. Made by parse.ts; turned into SQL by
// engine/query/compile.ts.
import type { AddressRange } from './address.ts';
import type { FieldName, FlagName, Operator } from './fields.ts';

/** Characters of the filter text, `to` exclusive. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export interface FilterError extends Place {
  /** What is wrong and what would be right. */
  readonly sentence: string;
}

/** One value to compare with. */
export type FilterValue =
  | { readonly kind: 'text'; readonly text: string }
  /** `number` in the field's own unit (ms, bytes, count). `precision`: `=` means within half of it. */
  | { readonly kind: 'number'; readonly number: number; readonly precision: number }
  | {
      readonly kind: 'address';
      readonly range: AddressRange | null;
      readonly port: number | null;
    }
  | { readonly kind: 'time'; readonly time: FilterTime }
  | { readonly kind: 'none' };

/** A point in time: on the wall clock, at an hour of the day, or so long before the newest event. */
export type FilterTime =
  | { readonly unixMs: number }
  | { readonly msOfDay: number }
  | { readonly beforeEndMs: number };

export type Filter =
  | { readonly kind: 'and'; readonly parts: readonly Filter[] }
  | { readonly kind: 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'word'; readonly text: string; readonly endpoint: WordEndpoint | null }
  | { readonly kind: 'flag'; readonly flag: FlagName }
  /** True when the comparison holds for one of the values. */
  | {
      readonly kind: 'compare';
      readonly field: FieldName;
      readonly operator: Operator;
      readonly values: readonly FilterValue[];
    };

/** A free word that reads as an address, a network, `address:port`, `:port` or a number. */
export interface WordEndpoint {
  readonly range: AddressRange | null;
  readonly port: number | null;
}
