import { useEffect, useState } from 'preact/hooks';

/** A custom page of the server. */
export interface OwnPage {
  title: string;
  path: string;
}

let request: Promise<OwnPage[]> | undefined;

/** The custom pages of the server; none if they cannot be loaded. */
export function useOwnPages(): readonly OwnPage[] {
  const [pages, setPages] = useState<readonly OwnPage[]>([]);
  useEffect(() => {
    request ??= fetch('/dashboard/pages.json')
      .then(async (response) => (response.ok ? ((await response.json()) as OwnPage[]) : []))
      .catch(() => []);
    void request.then(setPages);
  }, []);
  return pages;
}
