import { useCallback, useEffect, useState } from 'preact/hooks';

/** What is to change in the query; undefined or '' takes a name out of it. */
export type QueryChange = Record<string, string | undefined>;

/**
 * The state of the page: the query of its URL, so that it can be linked, reloaded and gone back to.
 *
 * @returns the query, and how to change some of it
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

/** A link to a page with a state: `linkTo('/dashboard/node/', { peer_id })`. Names without a value are left out. */
export function linkTo(path: string, query: QueryChange): string {
  const text = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? '')}`)
    .join('&');
  return text === '' ? path : `${path}?${text}`;
}
