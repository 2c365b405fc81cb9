// The events of one attempt in order; choosing one points it out in the timeline. Only
// those on the screen are in the page: there can be 2,000.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { AttemptDetail, AttemptEvent } from '../../../contract/attempt.ts';
import { formatCount, formatDuration, formatOffset } from '../../shared/format.ts';
import { markEvent } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';
import { eventTone } from './marks.ts';

const EVENT_HEIGHT = 26;

interface EventsProps {
  readonly detail: AttemptDetail;
  readonly scroller: RefObject<HTMLElement | null>;
}

export function Events({ detail, scroller }: EventsProps) {
  const marked = useWindow((state) => state.markedEvent);
  const list = useRef<HTMLOListElement>(null);
  const [margin, setMargin] = useState(0);
  const { events, eventCount } = detail;
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => EVENT_HEIGHT,
    overscan: 12,
    scrollMargin: margin,
  });
  useLayoutEffect(() => setMargin(placeIn(list.current, scroller.current)));
  const marks = useWindow((state) => state.marks);
  const broughtUp = useRef(0);
  useEffect(() => {
    // Once for each time that an event was pointed out: new events do not scroll the list.
    if (broughtUp.current === marks) return;
    broughtUp.current = marks;
    const index = events.findIndex((event) => event.id === marked);
    if (index >= 0) bringIntoView(index, list.current, scroller.current);
  }, [events, marked, marks, scroller]);
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

/** How far below the top of what scrolls the list begins, px. */
function placeIn(list: HTMLElement | null, scroller: HTMLElement | null): number {
  if (list === null || scroller === null) return 0;
  const place = list.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  return Math.round(place + scroller.scrollTop);
}

/** Scrolls no further than it must: the verdict stays in sight where there is room. */
function bringIntoView(
  index: number,
  list: HTMLElement | null,
  scroller: HTMLElement | null,
): void {
  if (scroller === null) return;
  const tabs = scroller.querySelector('.tabs')?.clientHeight ?? 0;
  const top = placeIn(list, scroller) + index * EVENT_HEIGHT;
  const { scrollTop, clientHeight } = scroller;
  if (top - tabs < scrollTop) scroller.scrollTop = top - tabs;
  const lowest = scrollTop + clientHeight - EVENT_HEIGHT;
  if (top > lowest) scroller.scrollTop = scrollTop + top - lowest + EVENT_HEIGHT / 2;
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
      className={`event ${eventTone(event) ?? ''} of-${event.kind}`}
      aria-pressed={marked}
      onClick={() => markEvent(marked ? null : event.id)}
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
