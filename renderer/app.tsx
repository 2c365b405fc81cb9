// The window: which panel stands where. Data comes from store/, keys from shared/keys.
import './app.css';
import { lazy, Suspense } from 'react';
import { Details } from './panels/details/details.tsx';
import { Splitter } from './panels/details/splitter.tsx';
import { FailuresPanel } from './panels/failures/failures.tsx';
import { OpenedGroup } from './panels/failures/opened-group.tsx';
import { DropTarget } from './panels/notices/drop-target.tsx';
import { KeyList } from './panels/notices/key-list.tsx';
import { Toasts } from './panels/notices/toasts.tsx';
import { Rail } from './panels/rail/rail.tsx';
import { SessionPanel } from './panels/session/session.tsx';
import { StatusBar } from './panels/status-bar/status-bar.tsx';
import { Strip } from './panels/strip/strip.tsx';
import { ConnectionTable } from './panels/table/table.tsx';
import { TopBar } from './panels/top-bar/top-bar.tsx';
import { useKeys } from './shared/keys.ts';
import { useWindow } from './store/state.ts';

// The charts are a third of the page's script and not on the first screen.
const FlamePanel = lazy(() => import('./panels/flame/flame.tsx'));
const OverviewPanel = lazy(() => import('./panels/overview/overview.tsx'));

export function App() {
  useKeys();
  const view = useWindow((state) => state.view);
  const hasDetails = useWindow((state) => state.selectedId !== null);
  return (
    <div className="app">
      <TopBar />
      <Rail />
      <Strip />
      <main className="main">
        <div className="main-pane">
          {view === 'connections' && (
            <>
              <OpenedGroup />
              <ConnectionTable />
            </>
          )}
          {view === 'failures' && <FailuresPanel />}
          {view === 'overview' && (
            <Suspense>
              <OverviewPanel />
            </Suspense>
          )}
          {view === 'flame' && (
            <Suspense>
              <FlamePanel />
            </Suspense>
          )}
          {view === 'session' && <SessionPanel />}
        </div>
        {view === 'connections' && hasDetails && (
          <>
            <Splitter />
            <Details />
          </>
        )}
      </main>
      <StatusBar />
      <DropTarget />
      <KeyList />
      <Toasts />
    </div>
  );
}
