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

/** Those that show what is of one chain. */
const OF_CHAIN: readonly string[] = ['/dashboard/', '/dashboard/logs/'];

const FEED_STATES: Record<FeedState, string> = {
  idle: 'Not live',
  connecting: 'Connecting…',
  open: 'Live',
  waiting: 'Connection lost. Reconnecting; missed data will be loaded.',
};

interface PageProps {
  title: string;
  /** Of the page that the navigation marks as this one. */
  path?: string;
  /** Of the node that the page is about: goes along to the other pages. */
  peerId?: string;
  /** Of the chain that this node is on. */
  chain?: string | undefined;
  /** Whose state is shown, where the page has live data. */
  feed?: FeedClient;
  children: ComponentChildren;
}

/** What all pages have around them. */
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
              href={linkTo(href, { peer_id: peerId, ...(OF_CHAIN.includes(href) && { chain }) })}
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
          {feed && <FeedStateShown feed={feed} />}
        </div>
        {children}
      </main>
      <footer>
        Times are in your time zone. Hover for UTC. The <a href="/docs">HTTP API</a> has the same data.
      </footer>
    </>
  );
}

function FeedStateShown({ feed }: { feed: FeedClient }): JSX.Element {
  const [state, setState] = useState(feed.state);
  useEffect(() => feed.onState(setState), [feed]);
  return (
    <p class={`feed ${state}`} role="status">
      {FEED_STATES[state]}
    </p>
  );
}

function RemoveToken(): JSX.Element {
  const forget = (): void => {
    removeToken();
    // What has been read with it goes as well.
    location.reload();
  };
  return (
    <button type="button" onClick={forget}>
      Remove token
    </button>
  );
}

/** Shows the page, in the element that its `index.html` has for it. */
export function show(page: JSX.Element): void {
  const app = document.getElementById('app');
  if (app !== null) render(<Gate page={page} />, app);
}

/** The page, or the token form while the server requires a token; the page is unmounted meanwhile. */
function Gate({ page }: { page: JSX.Element }): JSX.Element {
  const [now, setNow] = useState(access());
  useEffect(() => {
    // Access may have changed since the first render.
    setNow(access());
    return onAccess(setNow);
  }, []);
  const wasAsked = useRef(false);
  useEffect(() => {
    // The form had the focus, and is gone.
    if (now === 'granted' && wasAsked.current) document.getElementById('main')?.focus();
    wasAsked.current = now !== 'granted';
  }, [now]);
  if (now === 'granted') return page;
  return (
    <Page title="Token required">
      <TokenForm key={now} access={now} />
    </Page>
  );
}
