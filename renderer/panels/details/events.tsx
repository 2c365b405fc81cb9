// The events of one attempt in order; choosing one points it out in the timeline. Only
// those on the screen are in the page: there can be 2,000.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useRef } from 'react';
import type { AttemptDetail, AttemptEvent } from '../../../contract/attempt.ts';
import { formatCount, formatDuration, formatOffset } from '../../shared/format.ts';
import { useWindow } from '../../store/state.ts';

const EVENT_HEIGHT = 26;

interface EventsProps {
  readonly detail: AttemptDetail;
  readonly scroller: RefObject<HTMLElement | null>;
}

export function Events({ detail, scroller }: EventsProps) {
  const marked = useWindow((state) => state.markedEvent);
  const list = useRef<HTMLOListElement>(null);
  const { events, eventCount } = detail;
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => EVENT_HEIGHT,
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  if (events.length === 0)
    return <p className="details-note">No event of this attempt was recorded.</p>;
  return (
    <>
      <ol className="events" ref={list} style={{ height: rows.getTotalSize() }} aria-label="Events">
        {rows.getVirtualItems().map((item) => {
          const event = events[item.index];
          if (event === undefined) return null;
          return (
            <li
              key={event.id}
              aria-setsize={events.length}
              aria-posinset={item.index + 1}
              style={{ top: item.start - rows.options.scrollMargin }}
            >
              <EventLine
                event={event}
                before={events[item.index - 1]}
                marked={event.id === marked}
              />
            </li>
          );
        })}
      </ol>
      {eventCount > events.length && (
        <p className="details-note">
          The first {formatCount(events.length)} of {formatCount(eventCount)} events. The rest is in
          the session file: save it, and read its table “event”.
        </p>
      )}
    </>
  );
}

interface EventLineProps {
  readonly event: AttemptEvent;
  readonly before: AttemptEvent | undefined;
  readonly marked: boolean;
}

function EventLine({ event, before, marked }: EventLineProps) {
  return (
    <button
      type="button"
      className={`event ${eventTone(event)}`}
      aria-pressed={marked}
      onClick={() => useWindow.setState({ markedEvent: marked ? null : event.id })}
    >
      <span className="event-time">{formatOffset(event.atMs)}</span>
      <span className="event-gap" title="Since the event before">
        {before === undefined ? '' : formatDuration(event.atMs - before.atMs)}
      </span>
      <span className="clip" title={event.text}>
        {event.text}
      </span>
    </button>
  );
}

function eventTone(event: AttemptEvent): string {
  if (event.kind === 'error' || event.kind === 'reset-received' || event.kind === 'reset-sent')
    return 'red';
  if (event.kind === 'retransmit' || event.kind === 'synack-retransmit') return 'amber';
  return '';
}
