import { useCallback, useEffect, useState } from 'preact/hooks';

/** Changes of the query; undefined or '' removes a name. */
export type QueryChange = Record<string, string | undefined>;

/**
 * The state of the page in the query of its URL, for links, reloads and the history of the browser.
 *
 * @returns the query, and a function that changes it
 */
export function useQueryState(): [URLSearchParams, (change: QueryChange) => void] {
  const [query, setQuery] = useState(() => new URLSearchParams(location.search));
  useEffect(() => {
    const read = (): void => setQuery(new URLSearchParams(location.search));
    addEventListener('popstate', read);
    return () => removeEventListener('popstate', read);
  }, []);
  const change = useCallback((wanted: QueryChange) => {
    const next = changed(new URLSearchParams(location.search), wanted);
    if (next.toString() === new URLSearchParams(location.search).toString()) return;
    history.pushState(null, '', linkTo(location.pathname, Object.fromEntries(next)));
    setQuery(next);
  }, []);
  return [query, change];
}

function changed(query: URLSearchParams, wanted: QueryChange): URLSearchParams {
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  return query;
}

/** The URL of a page with a state: `linkTo('/dashboard/node/', { peer_id })`. Names without a value are omitted. */
export function linkTo(path: string, query: QueryChange): string {
  const text = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? '')}`)
    .join('&');
  return text === '' ? path : `${path}?${text}`;
}
