import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { access } from '../shared/access.js';
import { fetched } from '../shared/api.js';
import { Page, renderPage } from '../shared/page.js';

/**
 * For custom pages: renders the header, the navigation and, if the server requires a token, the token form around an
 * element. Link `/dashboard/theme.css` for the styles.
 *
 * @param onShown called when the content is mounted: first, and again after a token was entered
 */
export function show(title: string, content: HTMLElement, onShown?: () => void): void {
  renderPage(
    <Page title={title} path={location.pathname}>
      <Content element={content} onShown={onShown} />
    </Page>,
  );
}

/**
 * Sends a GET request to this server, with the stored token, if any.
 *
 * @throws Error with the message of a problem response, or while a token is required
 */
export async function get(path: string, signal?: AbortSignal): Promise<unknown> {
  if (access() !== 'granted') throw new Error('A token is required.');
  return await (await fetched(path, signal)).json();
}

interface ContentProps {
  element: HTMLElement;
  onShown: (() => void) | undefined;
}

function Content({ element, onShown }: ContentProps): JSX.Element {
  const container = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    container.current?.append(element);
    onShown?.();
  }, [element, onShown]);
  return <div ref={container} />;
}
