// The strip: the whole session as bars, failures red; a drag chooses a time range.
import './strip.css';
import { type PointerEvent, useRef, useState } from 'react';
import { formatClock } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { useSize } from '../../shared/use-size.ts';
import { setRange } from '../../store/actions.ts';
import { activeStatus, useWindow } from '../../store/state.ts';
import { dragRange, OPEN_END, stripBars, stripTimes } from './strip-layout.ts';

const BARS_HEIGHT = 48;

export function Strip() {
  const hasAttempts = useWindow((state) => (activeStatus(state)?.attempts ?? 0) > 0);
  const hasStrip = useWindow((state) => state.strip !== null && state.strip.buckets.length > 0);
  return hasAttempts && hasStrip ? <StripBars /> : null;
}

function StripBars() {
  const overview = useWindow((state) => state.strip);
  const range = useWindow((state) => state.range);
  const isLive = useWindow((state) => activeStatus(state)?.kind === 'live');
  const svg = useRef<SVGSVGElement>(null);
  const { width } = useSize(svg);
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  if (overview === null) return null;

  const place = (event: PointerEvent): number => {
    return event.clientX - (svg.current?.getBoundingClientRect().left ?? 0);
  };
  const xOf = (at: number): number => {
    return ((at - overview.from) / Math.max(1, overview.to - overview.from)) * width;
  };
  const chosen = drag === null ? null : dragRange(overview, width, drag, isLive);
  const shown = chosen ?? range;
  const edges =
    shown === null ? null : [xOf(shown.from), xOf(shown.to)].map((x) => clamp(x, width));

  return (
    <section className="strip" aria-label="Session over time">
      <svg
        ref={svg}
        role="img"
        aria-label={`${overview.attempts} attempts, ${overview.failures} failures from ${formatClock(overview.from)} to ${formatClock(overview.to)}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ start: place(event), end: place(event) });
        }}
        onPointerMove={(event) => drag !== null && setDrag({ ...drag, end: place(event) })}
        onPointerUp={() => {
          setDrag(null);
          if (chosen !== null) setRange(chosen);
        }}
        onPointerCancel={() => setDrag(null)}
        onDoubleClick={() => setRange(null)}
      >
        <line
          className="strip-base"
          x1={0}
          x2={width}
          y1={BARS_HEIGHT + 0.5}
          y2={BARS_HEIGHT + 0.5}
        />
        {stripBars(overview, width, BARS_HEIGHT).map((bar) => (
          <g key={bar.x}>
            <title>{bar.label}</title>
            <rect
              className="strip-attempts"
              x={bar.x}
              width={bar.width}
              y={BARS_HEIGHT - bar.attempts}
              height={bar.attempts}
            />
            <rect
              className="strip-failures"
              x={bar.x}
              width={bar.width}
              y={BARS_HEIGHT - bar.failures}
              height={bar.failures}
            />
          </g>
        ))}
        {stripTimes(overview.from, overview.to, width).map(({ x, label }) => (
          <text key={label} x={x} y={BARS_HEIGHT + 15}>
            {label}
          </text>
        ))}
        {edges !== null && <RangeMarks from={edges[0] ?? 0} to={edges[1] ?? 0} width={width} />}
      </svg>
      {range !== null && (
        <button
          type="button"
          className="button small strip-clear"
          title="Show the whole session (double-click, Esc)"
          onClick={() => setRange(null)}
        >
          {formatClock(range.from)} – {range.to === OPEN_END ? 'now' : formatClock(range.to)}{' '}
          <Icon name="close" size={12} />
        </button>
      )}
    </section>
  );
}

function RangeMarks({ from, to, width }: { from: number; to: number; width: number }) {
  return (
    <g pointerEvents="none">
      <rect className="strip-outside" x={0} width={from} y={0} height={BARS_HEIGHT} />
      <rect
        className="strip-outside"
        x={to}
        width={Math.max(0, width - to)}
        y={0}
        height={BARS_HEIGHT}
      />
      <rect
        className="strip-range"
        x={from}
        width={Math.max(1, to - from)}
        y={0}
        height={BARS_HEIGHT}
      />
      <line className="strip-edge" x1={from} x2={from} y1={0} y2={BARS_HEIGHT} />
      <line className="strip-edge" x1={to} x2={to} y1={0} y2={BARS_HEIGHT} />
    </g>
  );
}

function clamp(x: number, width: number): number {
  return Math.min(width, Math.max(0, x));
}
