// The line between table and details: drag it, or move it with the arrow keys.
import type { KeyboardEvent, PointerEvent } from 'react';
import { boundDetailsWidth, DETAILS_WIDTH, useSettings } from '../../store/settings.ts';

const KEY_STEP = 24;

export function Splitter() {
  const width = useSettings((settings) => settings.detailsWidth);
  const setWidth = (next: number): void => {
    useSettings.setState({ detailsWidth: boundDetailsWidth(next) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    setWidth(width + (event.key === 'ArrowLeft' ? KEY_STEP : -KEY_STEP));
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId))
      setWidth(window.innerWidth - event.clientX);
  };
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the details"
      aria-valuenow={width}
      aria-valuemin={DETAILS_WIDTH.least}
      aria-valuemax={DETAILS_WIDTH.most}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
