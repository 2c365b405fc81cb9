// The filter language as its users import it: the renderer for the filter field, engine/query/
// for the tree, cli/ for the errors of a filter given as an argument.
export { formatRange, inRange, parseAddress } from './address.ts';
export type { Filter, FilterError, FilterTime, FilterValue, Place, WordEndpoint } from './ast.ts';
export { type AskedValue, askedValue, completeFilter, type Suggestion } from './complete.ts';
export {
  FIELDS,
  type Field,
  type FieldName,
  FLAGS,
  type FlagName,
  fieldByName,
  KEYWORDS,
  type Operator,
  operatorsOf,
} from './fields.ts';
export { MAX_FILTER_LENGTH, quoteValue } from './lex.ts';
export { type ParsedFilter, parseFilter } from './parse.ts';
export { type FilterToken, type TokenKind, tokenize } from './tokens.ts';
