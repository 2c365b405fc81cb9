// What a bench gives back, and how it is printed: a table of medians and ratios, then each
// budget of the design that it measures. bench/run.ts writes the same as JSON.

export interface Column {
  readonly key: string;
  readonly label: string;
  /** Digits behind the point of a number. Default 0. */
  readonly digits?: number;
}

/** A cell: a number, words, or null where it was not measured. */
export type Row = Readonly<Record<string, number | string | null>>;

export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A budget of the design beside what was measured. */
export interface Budget {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface Result {
  readonly tables: readonly Table[];
  readonly budgets: readonly Budget[];
  /** Sentences that a reader of the numbers must know. */
  readonly notes: readonly string[];
}

export interface Circumstances {
  /** Small sizes: to see that a bench works, not to learn a number. */
  readonly quick: boolean;
  /** An empty folder for this bench alone, removed afterwards. */
  readonly folder: string;
}

/** One measurement. `run` throws when what it ran gave a wrong result, never for a slow one. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  run(circumstances: Circumstances): Promise<Result>;
}

/** A cell as text; a number with its thousands parted. */
export function cellText(cell: number | string | null | undefined, digits = 0): string {
  if (cell === null || cell === undefined) return '–';
  if (typeof cell === 'string') return cell;
  if (Number.isNaN(cell)) return '?';
  return cell.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** The table as Markdown, its columns aligned so that it reads in a terminal too. */
export function tableText({ title, columns, rows }: Table): string {
  const lines = [
    columns.map((column) => column.label),
    ...rows.map((row) => columns.map(({ key, digits }) => cellText(row[key], digits))),
  ];
  const widths = columns.map((_, at) => Math.max(3, ...lines.map((line) => line[at]?.length ?? 0)));
  const text = lines.map((line) => {
    const cells = line.map((cell, at) =>
      at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
    );
    return `| ${cells.join(' | ')} |`;
  });
  const rule = widths.map(
    (width, at) => '-'.repeat(width - (at === 0 ? 0 : 1)) + (at === 0 ? '' : ':'),
  );
  text.splice(1, 0, `| ${rule.join(' | ')} |`);
  return `${title}\n\n${text.join('\n')}\n`;
}

/** Everything that a bench says, as text. */
export function resultText({ tables, budgets, notes }: Result): string {
  return [
    ...tables.map(tableText),
    ...budgets.map(
      ({ what, limit, measured, met }) =>
        `budget: ${what} ${limit}: ${measured}, ${met ? 'met' : 'MISSED'}\n`,
    ),
    ...notes.map((note) => `note: ${note}\n`),
  ].join('\n');
}
