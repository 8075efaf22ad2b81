import { type ComponentChildren, type JSX, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { access, removeToken, onAccess, token } from './access.js';
import type { FeedClient, FeedState } from './feed.js';
import { useOwnPages } from './own-pages.js';
import './theme.css';
import { ThemeChoice } from './theme-choice.js';
import { TokenForm } from './token-form.js';
import { linkTo } from './url-state.js';

const PAGES = [
  ['Nodes', '/dashboard/'],
  ['Logs', '/dashboard/logs/'],
  ['Profiling', '/dashboard/profiling/'],
  ['Reputation', '/dashboard/reputation/'],
  ['Benchmarks', '/dashboard/benchmarks/'],
] as const;

/** Pages that filter by chain. */
const CHAIN_PAGES: readonly string[] = ['/dashboard/', '/dashboard/logs/'];

const FEED_STATES: Record<FeedState, string> = {
  idle: 'Not live',
  connecting: 'Connecting…',
  open: 'Live',
  waiting: 'Connection lost. Reconnecting; missed data will be loaded.',
};

interface PageProps {
  title: string;
  /** Path of the current page in the navigation. */
  path?: string;
  /** Peer id of the current node, for links to other pages. */
  peerId?: string;
  /** Chain of the current node, for links to other pages. */
  chain?: string | undefined;
  /** The feed whose state is shown, for pages with live data. */
  feed?: FeedClient;
  children: ComponentChildren;
}

/** The layout of all pages: header, navigation, main and footer. */
export function Page({ title, path, peerId, chain, feed, children }: PageProps): JSX.Element {
  const ownPages = useOwnPages();
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header>
        <a class="brand" href="/">
          Tetcore Analytics
        </a>
        <nav aria-label="Dashboards">
          {PAGES.map(([name, href]) => (
            <a
              key={href}
              href={linkTo(href, { peer_id: peerId, ...(CHAIN_PAGES.includes(href) && { chain }) })}
              {...(href === path && { 'aria-current': 'page' as const })}
            >
              {name}
            </a>
          ))}
          {ownPages.map((own) => (
            <a key={own.path} href={own.path} {...(own.path === path && { 'aria-current': 'page' as const })}>
              {own.title}
            </a>
          ))}
          <a href="/docs">API</a>
        </nav>
        {token() !== undefined && <RemoveToken />}
        <ThemeChoice />
      </header>
      <main id="main" tabIndex={-1}>
        <div class="title">
          <h1>{title}</h1>
          {feed && <FeedStatus feed={feed} />}
        </div>
        {children}
      </main>
      <footer>
        Times are in your time zone. Hover for UTC. The <a href="/docs">HTTP API</a> has the same data.
      </footer>
    </>
  );
}

function FeedStatus({ feed }: { feed: FeedClient }): JSX.Element {
  const [state, setState] = useState(feed.state);
  useEffect(() => feed.onState(setState), [feed]);
  return (
    <p class={`feed ${state}`} role="status">
      {FEED_STATES[state]}
    </p>
  );
}

function RemoveToken(): JSX.Element {
  const remove = (): void => {
    removeToken();
    // Also removes data that was loaded with the token.
    location.reload();
  };
  return (
    <button type="button" onClick={remove}>
      Remove token
    </button>
  );
}

/** Renders a page into the element `#app` of its `index.html`. */
export function renderPage(page: JSX.Element): void {
  const app = document.getElementById('app');
  if (app !== null) render(<TokenGate page={page} />, app);
}

/** The page, or the token form while the server requires a token; the page is unmounted meanwhile. */
function TokenGate({ page }: { page: JSX.Element }): JSX.Element {
  const [current, setCurrent] = useState(access());
  useEffect(() => {
    // Access may have changed since the first render.
    setCurrent(access());
    return onAccess(setCurrent);
  }, []);
  const hadForm = useRef(false);
  useEffect(() => {
    // The token form, which had the focus, has been removed.
    if (current === 'granted' && hadForm.current) document.getElementById('main')?.focus();
    hadForm.current = current !== 'granted';
  }, [current]);
  if (current === 'granted') return page;
  return (
    <Page title="Token required">
      <TokenForm key={current} access={current} />
    </Page>
  );
}
