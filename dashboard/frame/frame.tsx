import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { access } from '../shared/access.js';
import { fetched } from '../shared/api.js';
import { Page, show as showPage } from '../shared/page.js';

/**
 * For pages of a team's own: puts the header, the navigation and, where the server wants one, the question for a
 * token around an element. Link `/dashboard/theme.css` for what it all looks like.
 *
 * @param onShown called when the content is there: at first, and again once a token was given
 */
export function show(title: string, content: HTMLElement, onShown?: () => void): void {
  showPage(
    <Page title={title} path={location.pathname}>
      <Content element={content} onShown={onShown} />
    </Page>,
  );
}

/**
 * Asks this server, with the token that was given, if any.
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
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current?.append(element);
    onShown?.();
  }, [element, onShown]);
  return <div ref={place} />;
}
