// Whether a database has the tables of a session and nothing that could run: a view or a
// trigger in a file from a stranger would be code of theirs. Called by open.ts.
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problem.ts';
import { SCHEMA } from './schema.ts';

interface Column {
  readonly name: string;
  readonly type: string;
}

interface Table {
  readonly columns: readonly Column[];
  /** `strict` and `without rowid`, and the conditions that it checks. */
  readonly kind: string;
}

function columnsOf(database: DatabaseSync, table: string): Column[] {
  const rows = database.prepare('SELECT name, type, hidden FROM pragma_table_xinfo(?)').all(table);
  return rows.map(({ name, type, hidden }) => {
    return { name: String(name), type: hidden === 0 ? String(type) : `generated ${String(type)}` };
  });
}

/** Statement of the schema without its comments, as words one blank apart. */
function bare(sql: unknown): string {
  return String(sql)
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A table without STRICT holds values of any type, and a condition is an expression that runs. */
function kindOf(database: DatabaseSync, table: string): string {
  const row = database
    .prepare(
      'SELECT strict, wr, sql FROM pragma_table_list(?) l JOIN sqlite_schema s ON s.name = l.name',
    )
    .get(table);
  const conditions = bare(row?.['sql']).match(/\bCHECK\b[^,]*/gi) ?? [];
  return JSON.stringify([row?.['strict'], row?.['wr'], conditions]);
}

function tablesOf(database: DatabaseSync): Map<string, Table> {
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return new Map(
    rows.map(({ name }) => {
      const table = String(name);
      return [table, { columns: columnsOf(database, table), kind: kindOf(database, table) }];
    }),
  );
}

/** Indexes that a statement made: their own text, since one may be on an expression. */
function indexesOf(database: DatabaseSync): string[] {
  const sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
  return database
    .prepare(sql)
    .all()
    .map((row) => bare(row['sql']));
}

/** Tables and indexes of the current format, read from the schema itself. */
function expected(): { tables: Map<string, Table>; indexes: string[] } {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  const found = { tables: tablesOf(database), indexes: indexesOf(database) };
  database.close();
  return found;
}

function strange(path: string, what: string): Problem {
  const sentence = `${path} is not a session that Synscope wrote: it has ${what}.`;
  return new Problem('not-a-session', sentence, 'Ask its sender for the file as it was saved.');
}

/** Refuses views, triggers, virtual tables and whatever else is more than rows. */
export function checkPlainTables(database: DatabaseSync, path: string): void {
  const objects = database.prepare('SELECT type, name, sql FROM sqlite_schema').all();
  for (const { type, name, sql } of objects) {
    const plain = type === 'index' || (type === 'table' && /^CREATE\s+TABLE\s/i.test(String(sql)));
    if (!plain) throw strange(path, `a ${String(type)} called ${String(name)}`);
  }
}

/** Refuses other tables, and tables that are not made as this version makes them. */
export function checkColumns(database: DatabaseSync, path: string): void {
  const { tables, indexes } = expected();
  const found = tablesOf(database);
  const extra = [...found.keys()].find((name) => !tables.has(name) && !name.startsWith('sqlite_'));
  if (extra !== undefined) throw strange(path, `a table called ${extra}`);
  for (const [name, table] of tables) checkTable(path, name, found.get(name), table);
  const odd = indexesOf(database).find((sql) => !indexes.includes(sql));
  if (odd !== undefined) throw strange(path, `an index of its own: ${odd.slice(0, 200)}`);
}

function checkTable(path: string, name: string, found: Table | undefined, wanted: Table): void {
  if (found === undefined) throw strange(path, `no table ${name}`);
  const types = new Map(found.columns.map((column) => [column.name, column.type]));
  for (const column of wanted.columns) {
    if (types.get(column.name) === column.type) continue;
    throw strange(path, `no column ${column.name} ${column.type} in ${name}`);
  }
  if (types.size > wanted.columns.length) {
    throw strange(path, `more columns than it should in ${name}`);
  }
  if (found.kind !== wanted.kind) throw strange(path, `a table ${name} made in another way`);
}
