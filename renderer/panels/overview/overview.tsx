// The overview: attempts and failures over time, failures by error, processes. A click
// on a bar selects what it stands for in the table.
import './overview.css';
import { type ReactNode, useRef } from 'react';
import {
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import { formatClock, formatCount } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { useSize } from '../../shared/use-size.ts';
import { setFilter, setRange, setView } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';
import { stripTimes } from '../strip/strip-layout.ts';
import { TableEmpty } from '../table/empty.tsx';
import { errorBars, type NamedBar, processBars, type TimeBar, timeBars } from './overview-rows.ts';

const AXIS = { fill: 'var(--dim)', fontSize: 11 } as const;
const BAR_PITCH = 30;
const AXIS_WIDTH = 44;

export default function OverviewPanel() {
  const overview = useWindow((state) => state.overview);
  const narrowed = useWindow(
    (state) => state.filter.trim() !== '' || state.failedOnly || state.range !== null,
  );
  const hasSession = useWindow((state) => state.active !== null);
  if (!hasSession) return <TableEmpty kind={null} />;
  if (overview === null) return null;
  if (overview.attempts === 0) return <TableEmpty kind={narrowed ? 'no-match' : 'none'} />;
  const errors = errorBars(overview);
  return (
    <div className="overview" tabIndex={0} role="region" aria-label="Overview">
      <p className="to-flame">
        <button type="button" className="button" onClick={() => setView('flame')}>
          <Icon name="flame" size={14} /> Flame graph: the code that asked for them
        </button>
      </p>
      <Chart
        wide
        title="Attempts over time"
        note={`${formatCount(overview.attempts)} attempts, ${formatCount(overview.failures)} failed${narrowed ? ' · as the filter selects' : ''}`}
      >
        <TimeChart bars={timeBars(overview)} />
      </Chart>
      <Chart title="Failures by error" note="click to filter">
        {errors.length === 0 ? (
          <p className="none">Nothing failed.</p>
        ) : (
          <NamedChart bars={errors} />
        )}
      </Chart>
      <Chart title="Processes, most failures first" note="click to filter">
        <NamedChart bars={processBars(overview)} />
      </Chart>
    </div>
  );
}

interface ChartProps {
  readonly title: string;
  readonly note: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

function Chart({ title, note, wide, children }: ChartProps) {
  return (
    <section className={wide === true ? 'chart wide' : 'chart'}>
      <h2>
        {title}
        <span className="dim">
          {note}
          {wide === true && (
            <>
              <i className="legend-mark" style={{ background: 'var(--bar)' }} />
              not failed
              <i className="legend-mark" style={{ background: 'var(--red-edge)' }} />
              failed
            </>
          )}
        </span>
      </h2>
      {children}
    </section>
  );
}

function TimeChart({ bars }: { readonly bars: TimeBar[] }) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const from = bars[0]?.at ?? 0;
  const end = bars.at(-1)?.end ?? 0;
  const times = stripTimes(from, end, Math.max(0, width - AXIS_WIDTH), 110);
  const choose = (bar: TimeBar | undefined): void => {
    if (bar === undefined) return;
    setRange({ from: Math.floor(bar.at), to: Math.ceil(bar.end) });
    setView('connections');
  };
  return (
    <div ref={box}>
      <ResponsiveContainer width="100%" height={210}>
        <BarChart data={bars} barCategoryGap={1} margin={{ left: 0, right: 8, top: 4, bottom: 0 }}>
          <CartesianGrid vertical={false} stroke="var(--line-soft)" />
          <XAxis
            type="number"
            dataKey={({ at, end: next }: TimeBar) => (at + next) / 2}
            domain={[from, end]}
            ticks={times.map(({ at }) => at)}
            tickFormatter={(at: number) => times.find((time) => time.at === at)?.label ?? ''}
            interval={0}
            tick={AXIS}
            stroke="var(--line)"
          />
          <YAxis
            tick={AXIS}
            stroke="var(--line)"
            width={AXIS_WIDTH}
            allowDecimals={false}
            tickLine={false}
            axisLine={false}
          />
          <Tooltip
            content={TimeTip}
            cursor={{ fill: 'var(--raised-hover)' }}
            isAnimationActive={false}
          />
          <Bar
            dataKey="drawn.failures"
            stackId="all"
            fill="var(--red-edge)"
            isAnimationActive={false}
            onClick={(item) => choose(item.payload as TimeBar | undefined)}
          />
          <Bar
            dataKey="drawn.rest"
            stackId="all"
            fill="var(--bar)"
            isAnimationActive={false}
            onClick={(item) => choose(item.payload as TimeBar | undefined)}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

function TimeTip({ payload }: TooltipContentProps) {
  const bar = payload?.[0]?.payload as TimeBar | undefined;
  if (bar === undefined) return null;
  return (
    <div className="chart-tip">
      {formatClock(bar.at)} – {formatClock(bar.end)}
      <br />
      {formatCount(bar.rest + bar.failures)} attempts, {formatCount(bar.failures)} failed
    </div>
  );
}

function NamedChart({ bars }: { readonly bars: NamedBar[] }) {
  const choose = (bar: NamedBar | undefined): void => {
    if (bar === undefined) return;
    setFilter(bar.filter);
    setView('connections');
  };
  return (
    <ResponsiveContainer width="100%" height={bars.length * BAR_PITCH + 34}>
      <BarChart
        data={bars}
        layout="vertical"
        barSize={16}
        margin={{ left: 0, right: 16, top: 0, bottom: 0 }}
      >
        <XAxis
          type="number"
          tick={AXIS}
          stroke="var(--line)"
          allowDecimals={false}
          tickLine={false}
        />
        <YAxis
          type="category"
          dataKey="name"
          width={210}
          tick={{ ...AXIS, fill: 'var(--text-2)', fontSize: 11.5 }}
          stroke="var(--line)"
          tickLine={false}
          interval={0}
          tickFormatter={shorten}
        />
        <Tooltip
          content={NamedTip}
          cursor={{ fill: 'var(--raised-hover)' }}
          isAnimationActive={false}
        />
        <Bar
          dataKey="drawn.failures"
          stackId="all"
          fill="var(--red-edge)"
          isAnimationActive={false}
          onClick={(item) => choose(item.payload as NamedBar | undefined)}
        />
        <Bar
          dataKey="drawn.rest"
          stackId="all"
          fill="var(--bar)"
          isAnimationActive={false}
          onClick={(item) => choose(item.payload as NamedBar | undefined)}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}

function NamedTip({ payload }: TooltipContentProps) {
  const bar = payload?.[0]?.payload as NamedBar | undefined;
  if (bar === undefined) return null;
  return (
    <div className="chart-tip">
      {bar.name}
      <br />
      {formatCount(bar.rest + bar.failures)} attempts, {formatCount(bar.failures)} failed
    </div>
  );
}

function shorten(name: string): string {
  return name.length > 30 ? `${name.slice(0, 25)}…` : name;
}
