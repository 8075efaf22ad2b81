import { useEffect, useState } from 'preact/hooks';

/** A page that the server has beside those that are built in. */
export interface OwnPage {
  title: string;
  path: string;
}

let asked: Promise<OwnPage[]> | undefined;

/** Additional pages of the server; none if they cannot be loaded. */
export function useOwnPages(): readonly OwnPage[] {
  const [pages, setPages] = useState<readonly OwnPage[]>([]);
  useEffect(() => {
    asked ??= fetch('/dashboard/pages.json')
      .then(async (response) => (response.ok ? ((await response.json()) as OwnPage[]) : []))
      .catch(() => []);
    void asked.then(setPages);
  }, []);
  return pages;
}
