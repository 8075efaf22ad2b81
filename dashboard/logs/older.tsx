import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface OlderProps {
  loading: boolean;
  load: () => void;
}

/** A button that gets older messages, and does so by itself when it comes into view. */
export function LoadOlder({ loading, load }: OlderProps): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (button.current === null || loading) return;
    const observer = new IntersectionObserver((entries) => {
      // Several may come at once: the last one is how it is now. At the top nobody has asked for more yet.
      if (entries.at(-1)?.isIntersecting === true && scrollY > 0) load();
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [loading, load]);
  return (
    <button ref={button} type="button" class="older" aria-disabled={loading} onClick={load}>
      {loading ? 'Loading older messages…' : 'Older messages'}
    </button>
  );
}
