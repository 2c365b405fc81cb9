// Messages in the corner: what failed and what to do, or what is done.
import './notices.css';
import { Icon } from '../../shared/icons.tsx';
import { useWindow } from '../../store/state.ts';
import { dismiss, keep } from '../../store/toasts.ts';

export function Toasts() {
  const toasts = useWindow((state) => state.toasts);
  return (
    <div className="toasts" role="log" aria-live="polite" aria-label="Messages">
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className={`toast ${toast.tone}`}
          role={toast.tone === 'error' ? 'alert' : 'status'}
          onPointerEnter={() => keep(toast.id, true)}
          onPointerLeave={() => keep(toast.id, false)}
          onFocus={() => keep(toast.id, true)}
          onBlur={() => keep(toast.id, false)}
        >
          <div className="toast-text">
            <p>{toast.sentence}</p>
            {toast.fix !== null && <p className="fix">{toast.fix}</p>}
          </div>
          <button
            type="button"
            className="button icon quiet small"
            aria-label="Dismiss"
            onClick={() => dismiss(toast.id)}
          >
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </div>
  );
}
