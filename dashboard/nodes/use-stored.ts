import { useState } from 'preact/hooks';

/** A set of names that the browser remembers. @param initial unless it remembers one */
export function useStored(
  key: string,
  initial: readonly string[],
): [ReadonlySet<string>, (name: string) => void] {
  const [names, setNames] = useState(() => read(key) ?? new Set(initial));
  const toggle = (name: string): void => {
    const next = new Set(names);
    if (!next.delete(name)) next.add(name);
    localStorage.setItem(key, JSON.stringify([...next]));
    setNames(next);
  };
  return [names, toggle];
}

function read(key: string): Set<string> | undefined {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(key) ?? '');
    return Array.isArray(names) ? new Set(names.filter((name) => typeof name === 'string')) : undefined;
  } catch {
    return undefined;
  }
}
