// The chart in its element: made anew for new data or another width, with the zoom and the
// focus that it had.
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Flame, FlameNode } from '../../../contract/flame.ts';
import { useSize } from '../../shared/use-size.ts';
import { holdFlame } from '../../store/flame.ts';
import { type ChartFrame, elementId, FlameChart } from './chart.ts';
import { type Colouring, chartTree, colourOf, moduleColours } from './flame-tree.ts';

export interface FlameTip {
  readonly node: FlameNode;
  readonly x: number;
  readonly y: number;
}

/** A tip is about so large, px: it stays in the window. */
const TIP = { width: 380, height: 60 } as const;

/** Where the tip stands for a pointer. */
function besidePointer(x: number, y: number): { x: number; y: number } {
  return {
    x: Math.max(4, Math.min(x + 12, window.innerWidth - TIP.width)),
    y: y + 18 + TIP.height > window.innerHeight ? y - TIP.height : y + 18,
  };
}

const MOVES = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home'];

export function useFlameChart(
  box: RefObject<HTMLDivElement | null>,
  flame: Flame,
  colouring: Colouring,
  term: string,
) {
  const { width } = useSize(box);
  const chart = useRef<FlameChart | null>(null);
  /** Keys of the frames that were zoomed to, the last one is shown. */
  const zooms = useRef<string[]>([]);
  const look = useRef({ colouring, term });
  const [focused, setFocused] = useState<ChartFrame | null>(null);
  const [isZoomed, setZoomed] = useState(false);
  const [found, setFound] = useState(0);
  const [tip, setTip] = useState<FlameTip | null>(null);
  look.current = { colouring, term };

  useEffect(() => {
    const element = box.current;
    if (element === null || width === 0) return;
    const colours = moduleColours(flame.root);
    const before = chart.current?.focused?.data.key ?? null;
    // Room for a scroll bar: the chart must not make the other one appear.
    const made = new FlameChart(element, chartTree(flame.root), width - 14, {
      colour: (node) => colourOf(node, look.current.colouring, colours),
      onHover: (node, at) => setTip(node === null ? null : { node, ...besidePointer(at.x, at.y) }),
      onFocus: setFocused,
      onFound: setFound,
      onZoom(frame) {
        if (zooms.current.at(-1) !== frame.data.key) zooms.current.push(frame.data.key);
        const isRoot = frame.parent === null;
        if (isRoot) zooms.current = [];
        setZoomed(!isRoot);
        holdFlame(!isRoot);
      },
    });
    chart.current = made;
    restore(made, zooms.current.at(-1) ?? null, before);
    setFocused(made.focused);
    setZoomed(zooms.current.length > 0);
    if (look.current.term !== '') made.search(look.current.term);
    return () => made.destroy();
  }, [box, flame, width]);

  useEffect(() => chart.current?.search(term), [term]);
  useEffect(() => {
    // A search draws everything again.
    if (colouring !== undefined) chart.current?.search(look.current.term);
  }, [colouring]);
  useEffect(() => {
    // What opened the panel is gone: the keys work at once.
    if (document.activeElement === document.body) box.current?.focus({ preventScroll: true });
    return () => holdFlame(false);
  }, [box]);

  const back = (): boolean => {
    if (chart.current === null || zooms.current.length === 0) return false;
    zooms.current.pop();
    const key = zooms.current.at(-1);
    const frame = key === undefined ? chart.current.root() : chart.current.find(key);
    chart.current.zoomTo(frame ?? (chart.current.root() as ChartFrame));
    return true;
  };
  const move = (key: string): boolean => {
    const now = chart.current;
    if (now === null || document.activeElement !== box.current) return false;
    if (key === 'Enter' || key === ' ') {
      if (now.focused !== null) now.zoomTo(now.focused);
      return true;
    }
    if (!MOVES.includes(key)) return false;
    const next = now.neighbour(key);
    if (next !== null) now.focus(next);
    return true;
  };
  return {
    focused: focused?.data.node ?? null,
    focusedId: focused === null ? null : elementId(focused),
    isZoomed,
    found,
    tip,
    back,
    move,
  };
}

/** Goes where the chart was before, as far as the new data has it. */
function restore(chart: FlameChart, zoom: string | null, focus: string | null): void {
  const zoomed = zoom === null ? null : chart.find(zoom);
  if (zoomed !== null) chart.zoomTo(zoomed);
  const focused = focus === null ? null : chart.find(focus);
  if (focused !== null) chart.focus(focused, false);
}
