// A button with a list that opens below (or above) it. Arrow keys move, Esc closes.
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';

interface MenuProps {
  readonly label: ReactNode;
  readonly title?: string;
  readonly className?: string;
  readonly placement?: string;
  /** The items; `close` closes the list. */
  readonly children: (close: () => void) => ReactNode;
}

export function Menu({ label, title, className, placement, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const close = (): void => setOpen(false);

  useEffect(() => {
    if (!open) return;
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && !anchor.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return;
    event.stopPropagation();
    if (event.key === 'Escape') {
      close();
      anchor.current?.querySelector('button')?.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      moveFocus(anchor.current, event.key === 'ArrowDown' ? 1 : -1);
    }
  };

  return (
    <span className="menu-anchor" ref={anchor} onKeyDown={onKeyDown}>
      <button
        type="button"
        className={className ?? 'button'}
        aria-haspopup="true"
        aria-expanded={open}
        title={title}
        aria-label={title}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && <div className={`menu ${placement ?? ''}`}>{children(close)}</div>}
    </span>
  );
}

function moveFocus(anchor: HTMLElement | null, step: 1 | -1): void {
  const items = [...(anchor?.querySelectorAll<HTMLElement>('.menu-item') ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step === 1 ? 0 : items.length - 1) : at + step;
  items[(next + items.length) % items.length]?.focus();
}

interface MenuItemProps {
  readonly onSelect: () => void;
  readonly children: ReactNode;
  /** For a list of choices: whether this one is on. */
  readonly checked?: boolean;
}

export function MenuItem({ onSelect, children, checked }: MenuItemProps) {
  return (
    <button
      type="button"
      className="menu-item"
      {...(checked === undefined ? {} : { role: 'menuitemcheckbox', 'aria-checked': checked })}
      onClick={onSelect}
    >
      {checked !== undefined && <span className="menu-check">{checked ? '✓' : ''}</span>}
      {children}
    </button>
  );
}
