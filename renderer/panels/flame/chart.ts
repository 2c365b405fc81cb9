// d3-flame-graph, made to serve a keyboard and a screen reader: it draws and zooms; which
// node has the focus, and what each says, is set here after every drawing.
import flamegraph, { type FlameGraph, type Laid } from 'd3-flame-graph';
import { select } from 'd3-selection';
import type { FlameNode } from '../../../contract/flame.ts';
import { type ChartNode, nodeMatches, spokenNode } from './flame-tree.ts';

const ROW_HEIGHT = 22;
/** Narrower frames are not drawn until they are zoomed to. */
const LEAST_WIDTH = 2;
const ZOOM_MS = 150;

export type ChartFrame = Laid<ChartNode>;

export interface ChartCallbacks {
  readonly colour: (node: FlameNode) => string;
  /** The pointer came over a frame, or left it. */
  readonly onHover: (node: FlameNode | null, at: { x: number; y: number }) => void;
  readonly onFocus: (frame: ChartFrame) => void;
  readonly onZoom: (frame: ChartFrame) => void;
  /** Attempts in what a search has found, each once. */
  readonly onFound: (attempts: number) => void;
}

const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

export class FlameChart {
  readonly #box: HTMLElement;
  readonly #root: ChartNode;
  readonly #chart: FlameGraph<ChartNode>;
  readonly #calls: ChartCallbacks;
  #focused: ChartFrame | null = null;
  #zoomed: ChartFrame | null = null;

  constructor(box: HTMLElement, root: ChartNode, width: number, calls: ChartCallbacks) {
    this.#box = box;
    this.#root = root;
    this.#calls = calls;
    box.replaceChildren();
    this.#chart = flamegraph<ChartNode>()
      .width(width)
      .cellHeight(ROW_HEIGHT)
      .inverted(true)
      .minFrameSize(LEAST_WIDTH)
      .transitionDuration(0)
      .resetHeightOnZoom(true)
      .tooltip(this.#tooltip())
      .setColorMapper(({ data }) => calls.colour(data.node))
      .setSearchMatch(({ data }, term) => nodeMatches(data.node, term))
      .setSearchHandler((_, sum) => calls.onFound(sum))
      .onClick((frame) => this.#clicked(frame));
    select(box).datum(root).call(this.#chart);
    // Zooming moves; new data just stands there.
    this.#chart.transitionDuration(calm() ? 0 : ZOOM_MS);
    this.#zoomed = this.root();
    this.#describe();
  }

  root(): ChartFrame | null {
    return this.#chart.findById(0);
  }

  get zoomed(): ChartFrame | null {
    return this.#zoomed;
  }

  get focused(): ChartFrame | null {
    return this.#focused;
  }

  /** The frame that had this key in older data. */
  find(key: string): ChartFrame | null {
    const root = this.root();
    const search = (frame: ChartFrame): ChartFrame | null => {
      if (frame.data.key === key) return frame;
      if (!key.startsWith(frame.data.key)) return null;
      for (const child of frame.children ?? []) {
        const found = search(child);
        if (found !== null) return found;
      }
      return null;
    };
    return root === null ? null : search(root);
  }

  zoomTo(frame: ChartFrame): void {
    this.#chart.zoomTo(frame);
  }

  /** @param seen whether it is brought into sight. */
  focus(frame: ChartFrame, seen = true): void {
    this.#focused = frame;
    this.#describe();
    this.#calls.onFocus(frame);
    if (seen) document.getElementById(elementId(frame))?.scrollIntoView({ block: 'nearest' });
  }

  search(term: string): void {
    if (term.trim() === '') this.#chart.clear();
    else this.#chart.search(term);
    this.#describe();
  }

  destroy(): void {
    this.#chart.destroy();
    this.#box.replaceChildren();
  }

  /** The frame that an arrow key leads to; null where there is none. */
  neighbour(key: string): ChartFrame | null {
    const from = this.#focused ?? this.#zoomed ?? this.root();
    if (from === null) return null;
    const drawn = (frame: ChartFrame) => document.getElementById(elementId(frame)) !== null;
    if (key === 'ArrowUp') return from.parent;
    if (key === 'ArrowDown') return from.children?.find(drawn) ?? null;
    if (key === 'Home') return this.root();
    const siblings = from.parent?.children?.filter(drawn) ?? [];
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    return step === 0 ? null : (siblings[siblings.indexOf(from) + step] ?? null);
  }

  #clicked(frame: ChartFrame): void {
    this.#zoomed = frame;
    this.#focused = frame;
    this.#describe();
    this.#calls.onZoom(frame);
    this.#calls.onFocus(frame);
  }

  #tooltip() {
    const hide = (): void => this.#calls.onHover(null, { x: 0, y: 0 });
    return Object.assign(() => {}, {
      show: ({ clientX, clientY }: MouseEvent, { data }: ChartFrame) =>
        this.#calls.onHover(data.node, { x: clientX, y: clientY }),
      hide,
      destroy: hide,
    });
  }

  /** Gives every drawn frame its role, its words and its marks. */
  #describe(): void {
    this.#box.querySelector('svg')?.setAttribute('role', 'none');
    for (const element of this.#box.querySelectorAll('g')) {
      const frame = (element as unknown as { __data__: ChartFrame }).__data__;
      const { node } = frame.data;
      element.id = elementId(frame);
      element.removeAttribute('name');
      element.setAttribute('role', 'treeitem');
      element.setAttribute('aria-level', String(frame.depth + 1));
      element.setAttribute('aria-label', spokenNode(node, this.#root.node));
      element.setAttribute('aria-selected', String(frame === this.#focused));
      element.classList.toggle('found', frame.highlight === true);
      element.classList.toggle('focused', frame === this.#focused);
      element.classList.toggle(`kind-${node.kind}`, true);
    }
  }
}

export function elementId({ id }: ChartFrame): string {
  return `flame-${id}`;
}
