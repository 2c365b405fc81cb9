// The selected attempt: what happened, its lifecycle to scale, its stacks, events, owner
// and socket. Comes from store/feed, which asks for it while it can still change.
import './details.css';
import './timeline.css';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import type { AttemptDetail } from '../../../contract/attempt.ts';
import { copyText } from '../../shared/copy.ts';
import { formatCount } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu, MenuItem } from '../../shared/menu.tsx';
import { badgeClass, badgeText, badgeTitle, headingText, rowText } from '../../shared/outcome.ts';
import { unselect } from '../../store/actions.ts';
import { useSettings } from '../../store/settings.ts';
import { useWindow } from '../../store/state.ts';
import { detailsText } from './details-text.ts';
import { Events } from './events.tsx';
import { Facts, ownerFacts, socketFacts } from './facts.tsx';
import { describeAttempt, type Sentence } from './sentence.ts';
import { eventsText, momentIssueText } from './stack-text.ts';
import { StackView, shownMoment } from './stacks.tsx';
import { Timeline } from './timeline.tsx';
import { VerdictView } from './verdict.tsx';
import { verdictText } from './verdict-text.ts';

interface Tab {
  readonly id: string;
  readonly name: string;
  /** What the tab has as text. */
  readonly text: () => string;
  readonly content: ReactNode;
}

export function Details() {
  const width = useSettings((settings) => settings.detailsWidth);
  const detail = useWindow((state) => state.detail);
  const pane = useRef<HTMLElement>(null);
  return (
    <aside
      id="details"
      ref={pane}
      className="details"
      style={{ width }}
      tabIndex={-1}
      aria-label="Details"
    >
      {detail !== null && (
        <>
          <Heading detail={detail} />
          <Timeline detail={detail} />
          <Tabs detail={detail} tabs={tabsOf(detail, pane)} />
        </>
      )}
    </aside>
  );
}

function Heading({ detail }: { readonly detail: AttemptDetail }) {
  const title = headingText(detail.row);
  return (
    <header className="details-head">
      <div className="details-title">
        <span className={badgeClass(detail.row)} title={badgeTitle(detail.row)}>
          {badgeText(detail.row)}
        </span>
        <h2 className="clip" title={title}>
          {title}
        </h2>
        <button
          type="button"
          className="button icon quiet small"
          title="Close the details (Esc)"
          onClick={unselect}
        >
          <Icon name="close" size={14} />
        </button>
      </div>
      {detail.verdict !== null && <VerdictView detail={detail} verdict={detail.verdict} />}
      <Sentences sentences={describeAttempt(detail)} />
    </header>
  );
}

function Sentences({ sentences }: { readonly sentences: readonly Sentence[] }) {
  if (sentences.length === 0) return null;
  return (
    <p className="details-text">
      {sentences.map(({ text, strong }) => (strong ? <b key={text}>{text} </b> : `${text} `))}
    </p>
  );
}

function tabsOf(detail: AttemptDetail, scroller: { readonly current: HTMLElement | null }): Tab[] {
  const owner = ownerFacts(detail);
  const socket = socketFacts(detail);
  const asText = (facts: typeof owner) => () =>
    facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
  return [
    {
      id: 'stack',
      name: 'Stack',
      text: () => stackText(detail),
      content: <StackView detail={detail} />,
    },
    {
      id: 'events',
      name: `Events ${formatCount(detail.eventCount)}`,
      text: () => eventsText(detail),
      content: <Events key={detail.row.id} detail={detail} scroller={scroller} />,
    },
    { id: 'owner', name: 'Owner', text: asText(owner), content: <Facts facts={owner} /> },
    { id: 'socket', name: 'Socket', text: asText(socket), content: <Facts facts={socket} /> },
  ];
}

/** The stack that is shown, for an issue. */
function stackText({ stacks }: AttemptDetail): string {
  const shown = shownMoment(stacks, useWindow.getState().moment);
  const connect = stacks.find(({ moment }) => moment === 'connect');
  return shown === undefined ? 'no stack' : momentIssueText(shown, connect);
}

function Tabs({ detail, tabs }: { readonly detail: AttemptDetail; readonly tabs: readonly Tab[] }) {
  const chosen = useWindow((state) => state.detailsTab);
  const setChosen = (id: string): void => useWindow.setState({ detailsTab: id });
  const shown = tabs.find((tab) => tab.id === chosen) ?? tabs[0];
  if (shown === undefined) return null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const step = event.key === 'ArrowRight' ? 1 : -1;
    const next = tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    setChosen(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <>
      <div className="tabs">
        <div className="tab-list" role="tablist" aria-label="Details" onKeyDown={onKeyDown}>
          {tabs.map((tab) => (
            <button
              key={tab.id}
              id={`tab-${tab.id}`}
              type="button"
              role="tab"
              className="tab"
              aria-selected={tab === shown}
              aria-controls="tab-content"
              tabIndex={tab === shown ? 0 : -1}
              onClick={() => setChosen(tab.id)}
            >
              {tab.name}
            </button>
          ))}
        </div>
        <CopyMenu detail={detail} tab={shown} />
      </div>
      <div id="tab-content" role="tabpanel" aria-labelledby={`tab-${shown.id}`}>
        {shown.content}
      </div>
    </>
  );
}

function CopyMenu({ detail, tab }: { readonly detail: AttemptDetail; readonly tab: Tab }) {
  const { verdict } = detail;
  const items = [
    { name: tab.name.replace(/ [\d,]+$/, ''), what: 'text', text: tab.text },
    ...(verdict === null
      ? []
      : [{ name: 'Verdict', what: 'verdict', text: () => verdictText(detail, verdict) }]),
    { name: 'Row', what: 'row', text: () => rowText(detail.row) },
    { name: 'All details as text', what: 'details', text: () => detailsText(detail) },
    { name: 'All details as JSON', what: 'details', text: () => JSON.stringify(detail, null, 2) },
  ];
  return (
    <Menu label="Copy" title="Copy" className="button quiet small">
      {(close) =>
        items.map(({ name, what, text }) => (
          <MenuItem
            key={name}
            onSelect={() => {
              close();
              void copyText(text(), what);
            }}
          >
            {name}
          </MenuItem>
        ))
      }
    </Menu>
  );
}
