// What the window uses of the packages d3-flame-graph and d3-selection, which come without
// types. Only panels/flame/chart.ts talks to them.

declare module 'd3-flame-graph' {
  /** A laid-out node. `x0` and `x1` are shares of the width, 0 to 1. */
  export interface Laid<T> {
    readonly id: number;
    readonly data: T;
    readonly depth: number;
    readonly parent: Laid<T> | null;
    readonly children?: readonly Laid<T>[];
    readonly value: number;
    /** Found by the last search. */
    readonly highlight?: boolean;
  }

  /** Told of the pointer; must be a function, which is called with the SVG. */
  export interface Tooltip<T> {
    (): void;
    show(event: MouseEvent, node: Laid<T>): void;
    hide(): void;
    destroy(): void;
  }

  export interface FlameGraph<T> {
    (selection: unknown): void;
    width(px: number): this;
    cellHeight(px: number): this;
    inverted(rootOnTop: boolean): this;
    minFrameSize(px: number): this;
    transitionDuration(ms: number): this;
    resetHeightOnZoom(reset: boolean): this;
    tooltip(tooltip: Tooltip<T>): this;
    setColorMapper(colour: (node: Laid<T>, original: string) => string): this;
    setSearchMatch(matches: (node: Laid<T>, term: string) => boolean): this;
    setSearchHandler(found: (nodes: readonly Laid<T>[], sum: number) => void): this;
    onClick(clicked: (node: Laid<T>) => void): this;
    search(term: string): void;
    clear(): void;
    zoomTo(node: Laid<T>): void;
    findById(id: number): Laid<T> | null;
    destroy(): void;
  }

  export default function flamegraph<T>(): FlameGraph<T>;
}

declare module 'd3-selection' {
  export interface Selection {
    datum(data: unknown): Selection;
    datum(): unknown;
    call(chart: (selection: unknown) => void): Selection;
  }
  export function select(element: Element): Selection;
}
