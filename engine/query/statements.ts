// Prepared statements of one connection, kept by their text: filters repeat at every batch.
// Used by everything in engine/query/ that reads.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Sql, SqlValue } from './compile.ts';

/** Statements kept; a person's filters and sorts use a few dozen. */
const KEPT = 64;

export type SqlRow = { readonly [column: string]: unknown };

export class Statements {
  readonly database: DatabaseSync;
  private readonly byText = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  private prepare(text: string): StatementSync {
    const known = this.byText.get(text);
    if (known !== undefined) {
      this.byText.delete(text);
      this.byText.set(text, known);
      return known;
    }
    const statement = this.database.prepare(text);
    this.byText.set(text, statement);
    const [oldest] = this.byText.keys();
    if (this.byText.size > KEPT && oldest !== undefined) this.byText.delete(oldest);
    return statement;
  }

  all(text: string, ...values: SqlValue[]): SqlRow[] {
    return this.prepare(text).all(...values);
  }

  get(text: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.prepare(text).get(...values);
  }

  allOf(query: Sql): SqlRow[] {
    return this.all(query.text, ...query.values);
  }

  /** The number in the first column of the first row, 0 without one. */
  number(text: string, ...values: SqlValue[]): number {
    const [value] = Object.values(this.get(text, ...values) ?? {});
    return typeof value === 'number' ? value : 0;
  }
}
