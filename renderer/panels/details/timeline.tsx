// The lifecycle drawn: states as bars, tries and errors as ticks, the gaps between tries.
// The event list says the same to those who cannot see it.
import { useRef } from 'react';
import type { AttemptDetail, AttemptRow } from '../../../contract/attempt.ts';
import { formatDuration, formatEndpoint } from '../../shared/format.ts';
import { callText } from '../../shared/outcome.ts';
import { useSize } from '../../shared/use-size.ts';
import { markEvent } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';
import { layoutTimeline, type MeasureLabel, type StateBar, type Tick } from './timeline-layout.ts';

const BAR_TOP = 16;
const BAR_HEIGHT = 22;
const TICK_TOP = 4;
const TICK_BOTTOM = 48;
const GAP_LINE = 51;
const NAME_LINE = 64;
const HEIGHT = 82;
/** Room at both edges so that ticks and dots at 0 and at the end are whole, px. */
const EDGE = 5;

/** As timeline.css paints them. */
const FONTS = { bar: '650 11.5px', tick: '650 11px' } as const;
const canvas = document.createElement('canvas').getContext('2d');

/** By the font that is there: one that is wider than another must not run out of its bar. */
const measureLabel: MeasureLabel = (text, of) => {
  if (canvas === null) return text.length * 9;
  canvas.font = `${FONTS[of]} ${getComputedStyle(document.body).fontFamily}`;
  return canvas.measureText(text).width;
};

export function Timeline({ detail }: { readonly detail: AttemptDetail }) {
  const { row } = detail;
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const marked = useWindow((state) => state.markedEvent);
  const width = Math.max(0, size.width - 2 * EDGE);
  const layout = layoutTimeline(detail, width, measureLabel, marked);
  const summary = layout.bars.map((bar) => bar.title).join('; ');
  return (
    <section className="lifecycle" aria-label="Lifecycle">
      <div className="lifecycle-head">
        <span>Lifecycle · to scale</span>
        <span className="dim">
          {formatDuration(layout.spanMs)}
          {layout.living ? ' so far' : ''}
        </span>
      </div>
      <div ref={box}>
        <svg width="100%" height={HEIGHT} role="img" aria-label={`Lifecycle: ${summary}`}>
          {width > 0 && (
            <g transform={`translate(${EDGE} 0)`}>
              {layout.bars.map((bar) => (
                <Bar key={`${bar.state}-${bar.x}`} bar={bar} />
              ))}
              {layout.living && <NowEdge x={width} named={layout.nowNamed} />}
              {layout.gaps.map((gap) => (
                <text key={gap.x} className="gap" x={gap.x} y={GAP_LINE} textAnchor="middle">
                  {gap.text}
                </text>
              ))}
              {paintOrder(layout.ticks, marked).map((tick) => (
                <TickMark key={tick.eventId} tick={tick} marked={tick.eventId === marked} />
              ))}
            </g>
          )}
        </svg>
      </div>
      <div className="lifecycle-tuple dim">
        {tupleText(row)}
        {detail.fd !== null && ` · fd ${detail.fd}`}
      </div>
    </section>
  );
}

/** `10.0.0.8:44410 → 10.0.3.7:5432`. */
function tupleText(row: AttemptRow): string {
  if (row.call !== null) return callText(row);
  const local = formatEndpoint(row.localAddress, row.localPort);
  const arrow = row.direction === 'accepted' ? '←' : '→';
  return `${local} ${arrow} ${formatEndpoint(row.remoteAddress, row.remotePort)}`;
}

/** Errors above what stands at the same place, the marked one above all. */
function paintOrder(ticks: readonly Tick[], marked: number | null): Tick[] {
  const rank = (tick: Tick): number => (tick.eventId === marked ? 2 : tick.tone === 'red' ? 1 : 0);
  return [...ticks].sort((a, b) => rank(a) - rank(b));
}

function Bar({ bar }: { readonly bar: StateBar }) {
  return (
    <g className={`state-bar ${bar.tone}`}>
      <title>{bar.title}</title>
      <rect
        x={bar.x}
        y={BAR_TOP}
        width={bar.width}
        height={BAR_HEIGHT}
        rx={Math.min(4, bar.width / 2)}
      />
      {bar.label !== '' && (
        <text x={bar.labelX} y={BAR_TOP + 15}>
          {bar.label}
        </text>
      )}
    </g>
  );
}

function NowEdge({ x, named }: { readonly x: number; readonly named: boolean }) {
  return (
    <g className="now-edge">
      <title>Now: it goes on</title>
      <line x1={x} x2={x} y1={TICK_TOP} y2={TICK_BOTTOM} />
      {named && (
        <text x={x} y={NAME_LINE} textAnchor="end">
          now
        </text>
      )}
    </g>
  );
}

function TickMark({ tick, marked }: { tick: Tick; marked: boolean }) {
  const anchor = tick.label === 'left' ? 'end' : 'start';
  return (
    <g
      className={`tick ${tick.tone} ${marked ? 'marked' : ''}`}
      onClick={() => markEvent(tick.eventId)}
    >
      <title>{tick.title}</title>
      <rect className="tick-target" x={tick.x - 5} y={0} width={10} height={HEIGHT} />
      <line x1={tick.x} x2={tick.x} y1={TICK_TOP} y2={TICK_BOTTOM} />
      <circle cx={tick.x} cy={TICK_BOTTOM} r={marked ? 5 : 3.5} />
      {tick.label !== null && (
        <>
          <text className="tick-name" x={tick.x} y={NAME_LINE} textAnchor={anchor}>
            {tick.name}
          </text>
          <text className="tick-offset" x={tick.x} y={NAME_LINE + 13} textAnchor={anchor}>
            {tick.offset}
          </text>
        </>
      )}
    </g>
  );
}
