// The list of keys that `?` shows.
import './notices.css';
import { useEffect, useRef } from 'react';
import { Icon } from '../../shared/icons.tsx';
import { KEYS } from '../../shared/keys.ts';
import { useWindow } from '../../store/state.ts';

const hide = (): void => useWindow.setState({ keysShown: false });

export function KeyList() {
  const shown = useWindow((state) => state.keysShown);
  return shown ? <Keys /> : null;
}

function Keys() {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    button.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <div className="keys-back" onClick={hide}>
      <div
        className="keys"
        role="dialog"
        aria-modal="true"
        aria-label="Keys"
        onClick={(event) => event.stopPropagation()}
      >
        <h2>
          Keys
          <button
            ref={button}
            type="button"
            className="button icon quiet small"
            aria-label="Close"
            onClick={hide}
          >
            <Icon name="close" size={14} />
          </button>
        </h2>
        <dl>
          {KEYS.map(({ keys, does }) => (
            <KeyLine key={keys} keys={keys} does={does} />
          ))}
        </dl>
      </div>
    </div>
  );
}

function KeyLine({ keys, does }: { readonly keys: string; readonly does: string }) {
  return (
    <>
      <dt>
        {keys.split(' ').map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}
