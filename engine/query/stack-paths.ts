// User stacks as paths of one tree, outermost function first: each stack is read once and
// kept as a number. Used by flame.ts; a stack that has its names does not change any more.
import { basename } from 'node:path';
import { cutText } from '../session/check-contents.ts';
import { FRAME_NAME, framesOf } from './frame-sql.ts';
import { textOrNull } from './row.ts';
import type { Statements } from './statements.ts';

/** Stacks and nodes remembered, about 100 bytes each; nothing is read beyond them. */
export const MOST_KEPT = { stacks: 200_000, nodes: 1_000_000 } as const;
/** Functions of one stack; the unwinder stops before. */
const DEEPEST = 256;
/** A longer name is cut; no line of a screen has room for it. */
const NAME_BYTES = 2048;
/** Greater than any number of labels: than that of the nodes, with those of one answer more. */
const LABELS = 2 ** 22;

/** What a node of the tree is called. */
export interface Label {
  readonly name: string;
  readonly module: string | null;
}

/** A stack by the id of its frames, and the process that it is of. */
export interface StackOfProcess {
  readonly frames: number;
  readonly comm: string;
}

const NAME = `CASE WHEN f.name IS NULL AND f.module IS NULL THEN NULL ELSE ${cutText(FRAME_NAME, NAME_BYTES)} END`;
const FRAMES = `SELECT s.id AS frames, ${NAME} AS name, ${cutText('f.module', NAME_BYTES)} AS module
  FROM json_each(?) j JOIN stack s ON s.id = j.value JOIN stack_frame p ON p.stack_id = ${framesOf('s')}
  JOIN frame f ON f.id = p.frame_id WHERE p.depth BETWEEN 0 AND ${DEEPEST - 1} ORDER BY s.id, p.depth DESC`;

export class StackPaths {
  /** Of each node: its parent, always a smaller number, and its label. Node 0 is the root. */
  readonly parents: number[] = [-1];
  readonly #labelOf: number[] = [-1];
  readonly #labels: Label[] = [];
  readonly #labelIds = new Map<string, number>();
  readonly #children = new Map<number, number>();
  readonly #ends = new Map<string, number>();
  readonly #most: { readonly stacks: number; readonly nodes: number };

  constructor(most: { readonly stacks: number; readonly nodes: number } = MOST_KEPT) {
    this.#most = most;
  }

  /** Whether no further stack is read. */
  get isFull(): boolean {
    return this.#ends.size >= this.#most.stacks || this.parents.length >= this.#most.nodes;
  }

  /** Node of a stack's innermost function; null when it was not read. */
  endOf({ frames, comm }: StackOfProcess): number | null {
    return this.#ends.get(`${frames} ${comm}`) ?? null;
  }

  label(node: number): Label {
    return this.#labels[this.#labelOf[node] ?? -1] ?? { name: '', module: null };
  }

  /** Whether a node is a process: a child of the root. */
  isProcess(node: number): boolean {
    return this.parents[node] === 0;
  }

  /** Reads those that are not known, at most `limit`, in this order. */
  read(statements: Statements, stacks: readonly StackOfProcess[], limit: number): void {
    const wanted = stacks.filter((stack) => this.endOf(stack) === null).slice(0, limit);
    if (wanted.length === 0) return;
    // Most of what is known is of other stacks, which may be gone.
    if (this.isFull && this.#ends.size > 2 * stacks.length) this.#forget();
    if (this.isFull) return;
    const paths = readPaths(statements, [...new Set(wanted.map(({ frames }) => frames))]);
    for (const stack of wanted) {
      let node = this.#child(0, { name: stack.comm, module: null });
      for (const label of paths.get(stack.frames) ?? []) node = this.#child(node, label);
      this.#ends.set(`${stack.frames} ${stack.comm}`, node);
    }
  }

  #child(parent: number, label: Label): number {
    const key = parent * LABELS + this.#labelId(label);
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const node = this.parents.push(parent) - 1;
    this.#labelOf.push(key % LABELS);
    this.#children.set(key, node);
    return node;
  }

  #labelId(label: Label): number {
    const key = `${label.module}\n${label.name}`;
    const known = this.#labelIds.get(key);
    if (known !== undefined) return known;
    const id = this.#labels.push(label) - 1;
    this.#labelIds.set(key, id);
    return id;
  }

  #forget(): void {
    this.parents.length = 1;
    this.#labelOf.length = 1;
    this.#labels.length = 0;
    for (const map of [this.#labelIds, this.#children, this.#ends]) map.clear();
  }
}

/** Functions of each stack, outermost first. */
function readPaths(statements: Statements, ids: readonly number[]): Map<number, Label[]> {
  const paths = new Map<number, Label[]>();
  for (const row of statements.all(FRAMES, JSON.stringify(ids))) {
    const module = textOrNull(row['module']);
    const name = textOrNull(row['name']) ?? '(unknown)';
    const id = Number(row['frames']);
    const path = paths.get(id) ?? [];
    path.push({ name, module: module === null ? null : basename(module) });
    paths.set(id, path);
  }
  return paths;
}
