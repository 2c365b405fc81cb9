// The page's start: theme, connection to the engine, the window.
import './shared/theme.css';
import './shared/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { connect } from './store/connection.ts';
import { applyTheme } from './store/settings.ts';

applyTheme();
connect();

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
