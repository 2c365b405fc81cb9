// The stacks of many attempts as one tree: the `flame` method of contract/api.ts. From
// engine/query/flame.ts, to renderer/panels/flame/.

/** Most nodes of a tree; what is left out is in nodes of the kind `others`. */
export const MOST_FLAME_NODES = 1500;

export interface FlameNode {
  /** `all`: the root. `process`: a program by its name. `others`: what is too small to be told apart. */
  readonly kind: 'all' | 'process' | 'frame' | 'others';
  /** Function, or its place in its file; name of the process, '' when it is not known; '' of the root. */
  readonly name: string;
  /** Short name of the file that has the function; null when it is not known, and of what is no frame. */
  readonly module: string | null;
  /** Attempts that were asked for by way of it; for `others`, by way of any of them. */
  readonly attempts: number;
  /** How many of them failed. */
  readonly failures: number;
  /** Most attempts first, `others` last. Outermost functions are nearest to the root. */
  readonly children: readonly FlameNode[];
  /** Of `others`: how many functions, processes or stacks it stands for; 0 otherwise. */
  readonly count: number;
}

export interface Flame {
  readonly root: FlameNode;
  /** Attempts of the selection, and how many of them failed. */
  readonly attempts: number;
  readonly failures: number;
  /** Attempts that are not in the tree, by the reason. */
  readonly without: {
    /** A packet opened them, no call of the program. */
    readonly accepted: number;
    /** Their begin was before the capture. */
    readonly older: number;
    /** No stack was taken, or it could not be read. */
    readonly missing: number;
    /** Their stack waits for its names. */
    readonly unnamed: number;
    /** Their stack was not looked into yet: ask again. */
    readonly unread: number;
  };
  readonly version: number;
}
