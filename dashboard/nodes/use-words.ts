import { useEffect, useState } from 'preact/hooks';

const SETTLED_MS = 500;

/**
 * Words that are used as they are typed, and kept once typing has paused.
 *
 * @param kept those that were kept last, here or by going back
 */
export function useWords(kept: string, keep: (words: string) => void): [string, (words: string) => void] {
  const [words, setWords] = useState(kept);
  useEffect(() => setWords(kept), [kept]);
  useEffect(() => {
    if (words === kept) return;
    const timer = setTimeout(() => keep(words), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [words, kept]);
  return [words, setWords];
}
